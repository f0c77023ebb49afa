import { expect, test } from 'vitest';
import { thrown } from '../../test/support/thrown.js';
import { OwnResources } from './own-resources.js';

test('handles begin at 1, and the number freed last is used next, so that they never run out', () => {
  const resources = new OwnResources();
  const handles = [resources.create(0, 10), resources.create(0, 20), resources.create(1, 30)];
  expect(handles).toEqual([1, 2, 3]);
  resources.drop(0, 1);
  resources.drop(0, 2);
  expect([resources.create(1, 40), resources.create(1, 50), resources.create(1, 60)]).toEqual([2, 1, 4]);
  expect(resources.rep(1, 1)).toBe(50);
});

const refused = [
  { name: 'that was never made', resource: 0, handle: 7 },
  { name: 'of another resource', resource: 1, handle: 1 },
  { name: 'that was dropped', resource: 0, handle: 2 },
  { name: 'of 0', resource: 0, handle: 0 },
];
for (const { name, resource, handle } of refused) {
  test(`a handle ${name} has no representation and cannot be dropped`, () => {
    const resources = new OwnResources();
    resources.create(0, 10);
    resources.create(0, 20);
    resources.drop(0, 2);
    expect(thrown(() => resources.rep(resource, handle)).code).toBe('GUEST_TRAP');
    expect(thrown(() => resources.drop(resource, handle)).code).toBe('GUEST_TRAP');
  });
}

test('live handles are bounded', () => {
  const resources = new OwnResources();
  for (let i = 0; i < 65_536; i++) {
    resources.create(0, i);
  }
  expect(thrown(() => resources.create(0, 0)).code).toBe('LIMIT_EXCEEDED');
  resources.drop(0, 5);
  expect(resources.create(0, 0)).toBe(5);
});
