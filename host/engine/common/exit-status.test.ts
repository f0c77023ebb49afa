import { expect, test } from 'vitest';
import { exitStatus } from './exit-status.js';

const cases = [
  { name: 'a code', code: 0, signal: null, want: { exitCode: 0 } },
  { name: 'the last code that is no signal', code: 128, signal: null, want: { exitCode: 128 } },
  { name: 'the first signal', code: 129, signal: null, want: { exitCode: 129, signal: 'SIGHUP' } },
  { name: 'a signal with two names', code: 134, signal: null, want: { exitCode: 134, signal: 'SIGABRT' } },
  { name: 'the highest code', code: 255, signal: null, want: { exitCode: 255 } },
  {
    name: 'a signal to the outermost process',
    code: null,
    signal: 'SIGKILL',
    want: { exitCode: 137, signal: 'SIGKILL' },
  },
] as const;
for (const { name, code, signal, want } of cases) {
  test(`exitStatus() reads ${name}`, () => {
    expect(exitStatus(code, signal)).toEqual(want);
  });
}
