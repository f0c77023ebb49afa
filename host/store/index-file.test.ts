import {
  chmodSync,
  existsSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aRecord, contextOf, newRoot, put } from '../../test/support/store.js';
import type { StoreContext } from './context.js';
import { stampOf } from './index-file.js';
import { recordFileName } from './layout.js';
import { readStore, readSummaries } from './read-store.js';
import { formatRecord } from './record.js';

function storeOfTwo(): StoreContext {
  const context = contextOf(newRoot());
  put(context, aRecord('b/b'), aRecord('a/a'));
  return context;
}

function seen(context: StoreContext): string {
  const { plugins, indexed } = readStore(context);
  return `${plugins.map(({ name }) => name).join(' ')} from ${indexed ? 'the index' : 'the records'}`;
}

test('a store that was just written is read from its index', () => {
  expect(seen(storeOfTwo())).toBe('a/a b/b from the index');
});

test('the index holds the same as the records', () => {
  const context = storeOfTwo();
  const indexed = readStore(context).plugins;
  rmSync(context.layout.index);
  expect(readStore(context).plugins).toEqual(indexed);
});

test('what records share is told apart from what they do not, and copies of them are whole', () => {
  const context = contextOf(newRoot());
  const records = [
    aRecord('a/a', { monitor: 'observe', optional: true, grants: ['kv'], overrides: ['b/b'] }),
    aRecord('b/b', { monitor: 'exclusive', enabled: false, settings: { a: [1] }, order: -1.5 }),
    aRecord('c/c', { previous: { version: '0.1.0', digest: aRecord('x').digest, grants: ['kv'] }, hooks: [] }),
    aRecord('d/d', { contributes: { commands: [], flags: [], phases: [] }, author: '', description: 'é "\\n' }),
  ];
  put(context, ...records);
  const { plugins, indexed } = readStore(context);
  expect(indexed).toBe(true);
  expect(plugins).toEqual(records);
  expect(plugins.map((plugin) => ({ ...plugin }))).toEqual(records);
  expect(JSON.parse(JSON.stringify(plugins))).toEqual(records);
  const short = records.map(({ name, version, enabled, order, contributes }) => ({
    name,
    version,
    enabled,
    order,
    contributes,
  }));
  expect(readSummaries(context)).toEqual(short);
  rmSync(context.layout.index);
  expect(readSummaries(context)).toMatchObject(short);
});

test('contributions come from the records when those of the index are bad', () => {
  for (const bad of ['[', '[]', '[{"commands":1}]']) {
    const context = storeOfTwo();
    rewrite(context, (text) =>
      text
        .split('\n')
        .map((line, i) => (i === 2 ? bad : line))
        .join('\n'),
    );
    expect(readSummaries(context).map(({ contributes }) => contributes)).toEqual([
      aRecord('a').contributes,
      aRecord('b').contributes,
    ]);
    expect(seen(context)).toBe('a/a b/b from the index');
  }
});

describe('the index is not believed after', () => {
  const cases: { name: string; spoil: (context: StoreContext) => void; want: string }[] = [
    {
      name: 'a record was put there by hand',
      spoil: ({ layout }) => writeFileSync(join(layout.plugins, recordFileName('c/c')), formatRecord(aRecord('c/c'))),
      want: 'a/a b/b c/c',
    },
    {
      name: 'a record was removed by hand',
      spoil: ({ layout }) => unlinkSync(join(layout.plugins, recordFileName('a/a'))),
      want: 'b/b',
    },
    {
      name: 'the time of the folder was set back',
      spoil: ({ layout }) => utimesSync(layout.plugins, 1, 1),
      want: 'a/a b/b',
    },
    { name: 'it was torn', spoil: (context) => rewrite(context, (text) => text.slice(0, -20)), want: 'a/a b/b' },
    {
      name: 'its last line went',
      spoil: (context) => rewrite(context, (text) => text.split('\n').slice(0, 3).join('\n')),
      want: 'a/a b/b',
    },
    {
      name: 'a number of a value is none',
      spoil: (context) =>
        rewrite(context, (text) => text.replace(/,0,0,0\]/, ',0,0,7]').replace(/,0\],"lists"/, ',9],"lists"')),
      want: 'a/a b/b',
    },
    { name: 'it was emptied', spoil: (context) => rewrite(context, () => ''), want: 'a/a b/b' },
    {
      name: 'its order was changed',
      spoil: (context) => rewrite(context, (text) => text.replace('"a/a"', '"c/c"')),
      want: 'a/a b/b',
    },
    {
      name: 'a value got another type',
      spoil: (context) => rewrite(context, (text) => text.replace('"1.0.0"', '1')),
      want: 'a/a b/b',
    },
    { name: 'it became a link', spoil: linkAway, want: 'a/a b/b' },
    { name: 'others could write to it', spoil: ({ layout }) => chmodSync(layout.index, 0o666), want: 'a/a b/b' },
    {
      name: 'it was written with a fresh stamp and no list',
      spoil: ({ layout }) =>
        writeFileSync(layout.index, `${JSON.stringify({ format: 1, stamp: stampOf(layout) })}\n{"length":1}`),
      want: 'a/a b/b',
    },
  ];
  for (const { name, spoil, want } of cases) {
    test(name, () => {
      const context = storeOfTwo();
      spoil(context);
      expect(seen(context)).toBe(`${want} from the records`);
    });
  }
});

test('the next change makes a new index', () => {
  const context = storeOfTwo();
  rmSync(context.layout.index);
  put(context, aRecord('c/c'));
  expect(seen(context)).toBe('a/a b/b c/c from the index');
});

test('there is no index while a record is unreadable', () => {
  const context = storeOfTwo();
  const path = join(context.layout.plugins, recordFileName('a/a'));
  writeFileSync(path, '{');
  put(context, aRecord('c/c'));
  expect(existsSync(context.layout.index)).toBe(false);
  expect(seen(context)).toBe('b/b c/c from the records');
  expect(readStore(context).problems).toMatchObject([{ file: path, error: { code: 'STORE_CORRUPT' } }]);
  put(context, aRecord('a/a'));
  expect(seen(context)).toBe('a/a b/b c/c from the index');
});

function rewrite({ layout }: StoreContext, change: (text: string) => string): void {
  writeFileSync(layout.index, change(readFileSync(layout.index, 'utf8')));
}

function linkAway({ layout }: StoreContext): void {
  const copy = `${layout.index}-copy`;
  writeFileSync(copy, readFileSync(layout.index));
  rmSync(layout.index);
  symlinkSync(copy, layout.index);
}
