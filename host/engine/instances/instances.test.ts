import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { thrown } from '../../../test/support/thrown.js';
import { identityOf, ourselves } from '../common/index.js';
import type { InstanceRecord } from './instance.js';
import { isLive, readRecord, statusOf, writeRecord } from './instance.js';
import { createInstance, findInstance, listInstances, removeInstance, updateInstance } from './instances.js';

let folder: string;
let base: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-instances-'));
  base = join(folder, 'base');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record: InstanceRecord = { id: 'a', image: 'i', command: [], supervisor: ourselves(), createdAt: 1 };
const us = ourselves();

const statuses = [
  { name: 'nobody has said that it runs', changes: {}, want: 'starting' },
  { name: 'it runs', changes: { init: us }, want: 'running' },
  { name: 'it has exited', changes: { init: us, exit: { code: 0, at: 2 } }, want: 'exited' },
  { name: 'its supervisor is gone', changes: { supervisor: { ...us, pid: 2 ** 22 } }, want: 'lost' },
  { name: 'its supervisor’s number is another’s', changes: { supervisor: { ...us, startTime: '1' } }, want: 'lost' },
  { name: 'the machine was started again', changes: { supervisor: { ...us, bootId: 'x' } }, want: 'lost' },
  { name: 'it is of another pid namespace', changes: { supervisor: { ...us, pidNamespace: 'x' } }, want: 'elsewhere' },
  { name: 'no process had its number', changes: { supervisor: identityOf(2 ** 22) }, want: 'lost' },
];
for (const { name, changes, want } of statuses) {
  test(`the status is ${want} when ${name}`, () => {
    const changed = { ...record, ...changes };
    expect(statusOf(changed)).toBe(want);
    expect(isLive(changed)).toBe(want !== 'exited' && want !== 'lost');
  });
}

describe('instances', () => {
  test('come, change, are found and go, and leave no folder', () => {
    const made = createInstance(base, { id: 'web', image: './image' });
    expect(readdirSync(made.folder).sort()).toEqual(['log', 'record.json']);
    const changed = updateInstance(made, { init: us, engine: 'crun' });
    expect(findInstance(base, 'web')).toEqual(changed);
    expect(listInstances(base)).toEqual([changed]);
    removeInstance(changed);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of one name: refused while one lives, replaced when it has ended', () => {
    const first = createInstance(base, { id: 'web', image: 'first' });
    expect(thrown(() => createInstance(base, { id: 'web', image: 'second' }))).toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'Cannot create container "web": it is running',
      hint: expect.stringMatching(/stop web$/),
    });
    updateInstance(first, { exit: { code: 0, at: 1 } });
    expect(createInstance(base, { id: 'web', image: 'second' }).record.image).toBe('second');
    expect(listInstances(base)).toHaveLength(1);
    expect(readdirSync(base)).toEqual(['inst-web']);
  });

  test('that are not the one that was meant any more stay', () => {
    const first = createInstance(base, { id: 'web', image: 'first' });
    updateInstance({ ...first, record: { ...first.record, createdAt: 1 } }, {});
    removeInstance(first);
    expect(findInstance(base, 'web')?.record.createdAt).toBe(1);
  });

  test('that have ended are kept up to a number, the latest', () => {
    for (let n = 0; n < 70; n += 1) {
      const made = createInstance(base, { id: `c${n}`, image: 'i' });
      updateInstance(made, { createdAt: n, exit: { code: n, at: n } });
    }
    createInstance(base, { id: 'last', image: 'i' });
    const names = listInstances(base).map(({ record: { id } }) => id);
    expect([names.length, names[0], names.at(-1)]).toEqual([65, 'c6', 'last']);
  });

  test.each(['', '.', '..', '../x', 'a/b', '-a', 'a b', 'x'.repeat(101)])('%j is no name', (id) => {
    expect(findInstance(base, id)).toBeUndefined();
    expect(thrown(() => createInstance(base, { id, image: 'i' }))).toMatchObject({ code: 'ENGINE_FAILED' });
  });

  test('in a folder that others can write to are not believed, and not made', () => {
    createInstance(base, { id: 'web', image: 'i' });
    chmodSync(base, 0o770);
    expect([findInstance(base, 'web'), ...listInstances(base)]).toEqual([undefined]);
    expect(thrown(() => createInstance(base, { id: 'new', image: 'i' }))).toMatchObject({ code: 'ENGINE_FAILED' });
  });
});

const broken = [
  '',
  '{',
  'null',
  '1',
  '{}',
  '{"id":"a"}',
  '{"id":"a","supervisor":{"pid":1},"command":"x","createdAt":1}',
];
test.each(broken)('the record %j is none', (text) => {
  mkdirSync(base);
  writeFileSync(join(base, 'record.json'), text);
  expect(readRecord(base)).toBeUndefined();
});

test('a record keeps the beginning of a long command', () => {
  mkdirSync(base);
  writeRecord(base, { ...record, command: ['a'.repeat(5000), 'b', 'c'] });
  expect(readRecord(base)?.command).toEqual([`${'a'.repeat(4096)}…`, '…']);
  writeRecord(base, { ...record, command: ['short', 'words'] });
  expect(readRecord(base)?.command).toEqual(['short', 'words']);
});
