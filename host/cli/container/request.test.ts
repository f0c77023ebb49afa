import { describe, expect, test } from 'vitest';
import { PluginError } from '../../errors/index.js';
import type { RequestedRun } from './request.js';
import { requestFromPlugin } from './request.js';

interface Case {
  readonly name: string;
  readonly run: Partial<RequestedRun>;
  readonly grants?: string[];
  readonly want: 'ok' | 'CONFIG_DENIED' | 'CONFIG_INVALID';
}
const bind = new Map([['bind', ['/etc']]]);
const cases: Case[] = [
  { name: 'the image and command that were typed', run: { image: 'img', command: ['sh', '-c'] }, want: 'ok' },
  { name: 'no command', run: { image: 'img', command: [] }, want: 'ok' },
  { name: 'an image that was not typed', run: { image: '/', command: [] }, want: 'CONFIG_DENIED' },
  { name: 'a command that was not typed', run: { command: ['rm'] }, want: 'CONFIG_DENIED' },
  { name: 'the same with the grant', run: { command: ['rm'] }, grants: ['config:args'], want: 'ok' },
  { name: 'typed words in another order', run: { command: ['-c', 'sh'] }, want: 'CONFIG_DENIED' },
  { name: 'a bind', run: { options: bind }, want: 'CONFIG_DENIED' },
  { name: 'a bind with the wrong grant', run: { options: bind }, grants: ['config:env'], want: 'CONFIG_DENIED' },
  { name: 'a bind with the grant', run: { options: bind }, grants: ['config:mounts'], want: 'ok' },
  { name: 'an unknown option', run: { options: new Map([['privileged', true]]) }, want: 'CONFIG_INVALID' },
  { name: 'the engine', run: { options: new Map([['engine', 'runc']]) }, want: 'CONFIG_INVALID' },
  {
    name: 'a list of numbers',
    run: { options: new Map([['env', [1]]]) },
    grants: ['config:env'],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'a variable with a value',
    run: { options: new Map([['env', ['A=b']]]) },
    grants: ['config:env'],
    want: 'ok',
  },
  {
    name: "the caller's variable without the grant to read it",
    run: { options: new Map([['env', ['A=b', 'SECRET']]]) },
    grants: ['config:env', 'env:SECRETS'],
    want: 'CONFIG_DENIED',
  },
  {
    name: "the caller's variable with it",
    run: { options: new Map([['env', ['SECRET']]]) },
    grants: ['config:env', 'env:SEC*'],
    want: 'ok',
  },
  {
    name: 'a pattern in place of a variable',
    run: { options: new Map([['env', ['SEC*']]]) },
    grants: ['config:env', 'env:SEC*'],
    want: 'CONFIG_INVALID',
  },
  { name: 'less than was typed is fine', run: { options: new Map([['read-only', true]]) }, want: 'ok' },
];

describe('requestFromPlugin()', () => {
  for (const { name, run, grants = [], want } of cases) {
    test(`${name}: ${want}`, () => {
      const outcome = () => {
        const full = { image: 'img', command: [], options: new Map(), ...run };
        try {
          return requestFromPlugin('p', full, ['img', 'sh', '-c'], grants) && 'ok';
        } catch (error) {
          if (error instanceof PluginError) return error.code;
          throw error;
        }
      };
      expect(outcome()).toBe(want);
    });
  }
});
