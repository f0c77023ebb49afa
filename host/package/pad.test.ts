import { expect, test } from 'vitest';
import { paddedComponent } from '../../test/support/sif-sample.js';
import { tinyComponent } from '../../test/support/tiny-component.js';
import { describeComponent } from '../component/index.js';
import { padComponent } from './pad.js';

test('padComponent() of an empty component is the worked example', () => {
  expect(padComponent(tinyComponent())).toEqual(paddedComponent());
});

test('padComponent() makes a valid component of at least 2048 bytes from every smaller size', () => {
  for (let size = 11; size < 2048; size++) {
    // A custom section without a name makes a component of any size.
    const body = size - 10 <= 127 ? size - 10 : size - 11;
    const length = body <= 127 ? [body] : [(body & 127) | 128, body >> 7];
    const component = new Uint8Array(8 + 1 + length.length + body);
    component.set([...tinyComponent(), 0, ...length]);
    const padded = padComponent(component);
    expect(padded.length - 2048).toBeGreaterThanOrEqual(0);
    expect(padded.length - 2048).toBeLessThanOrEqual(5);
    expect(describeComponent(padded)).toEqual({ imports: [], exports: [] });
  }
});

test('padComponent() leaves large components alone', () => {
  const component = paddedComponent();
  expect(padComponent(component)).toBe(component);
});
