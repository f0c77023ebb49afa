import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { workerUrl } from './worker-url.js';

test.each(['instance', 'watchdog'] as const)('the code of the %s thread is built, and in one file', (name) => {
  const url = workerUrl(name);
  expect(url.pathname).toMatch(new RegExp(`/dist/workers/${name}\\.cjs$`));
  const asked = [...readFileSync(url, 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)].map(([, id]) => id);
  expect(asked.filter((id) => !id?.startsWith('node:'))).toEqual([]);
});

test('a file that is not there is an error that says which', () => {
  expect(() => workerUrl('nobody' as never)).toThrow(
    expect.objectContaining({ code: 'THREAD_FAILED', message: expect.stringContaining('dist/workers/nobody.cjs') }),
  );
});
