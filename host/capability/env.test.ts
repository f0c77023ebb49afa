import { describe, expect, test } from 'vitest';
import { capabilities, decode, encode, errorMessage } from '../abi/index.js';
import { parseGrant } from '../grant/index.js';
import { envCapability } from './env.js';

const host = new Map([
  ['SLURM_JOB_ID', '4711'],
  ['SLURM_*', 'a name with a star'],
  ['SECRET', 'x'],
]);

const cases = [
  { name: 'a variable that a prefix grants', grants: ['env:SLURM_*'], ask: 'SLURM_JOB_ID', want: '4711' },
  { name: 'a variable that a name grants', grants: ['env:SECRET'], ask: 'SECRET', want: 'x' },
  { name: 'one that is granted and not set', grants: ['env:SLURM_*'], ask: 'SLURM_NOPE', want: 'not set' },
  { name: 'one that is set and not granted', grants: ['env:SLURM_*'], ask: 'SECRET', want: 'denied' },
  { name: 'one whose name only begins like the granted one', grants: ['env:SECRET'], ask: 'SECRETS', want: 'denied' },
  { name: 'a star, which is no pattern in a request', grants: ['env:SLURM_JOB_ID'], ask: 'SLURM_*', want: 'denied' },
  { name: 'the empty name', grants: ['env:SECRET'], ask: '', want: 'denied' },
  { name: 'the name of an object member', grants: ['env:SECRET'], ask: '__proto__', want: 'denied' },
  { name: 'nothing granted', grants: [], ask: 'SECRET', want: 'denied' },
];

describe('env', () => {
  for (const { name, grants, ask, want } of cases) {
    test(`${name}: ${want}`, () => {
      const call = envCapability(grants.map(parseGrant), (key) => host.get(key));
      const { ok, payload } = call(encode(capabilities.env.request, { name: ask }));
      const answer = ok
        ? (decode(capabilities.env.response, payload).value ?? 'not set')
        : decode(errorMessage, payload).code;
      expect(answer).toBe(want);
    });
  }
});

test('what an object inherits is no variable', () => {
  const call = envCapability([parseGrant('env:*')], (key) => process.env[key]);
  for (const name of ['constructor', '__proto__', 'toString']) {
    const { ok, payload } = call(encode(capabilities.env.request, { name }));
    expect(ok).toBe(true);
    expect(decode(capabilities.env.response, payload)).toEqual({});
  }
});

test('a refusal repeats only the beginning of a long name', () => {
  const call = envCapability([], () => undefined);
  const { payload } = call(encode(capabilities.env.request, { name: '\0'.repeat(1024 * 1024) }));
  expect(payload.byteLength).toBeLessThan(4096);
});
