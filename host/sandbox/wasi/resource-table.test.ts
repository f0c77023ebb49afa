import { expect, test } from 'vitest';
import { createResourceTable } from './resource-table.js';

const stdin = { kind: 'input-stream' } as const;

test('add() counts from 1 and reuses the number that was freed last', () => {
  const table = createResourceTable(8);
  expect([table.add(stdin), table.add(stdin), table.add(stdin)]).toEqual([1, 2, 3]);
  table.drop('input-stream', 1);
  table.drop('input-stream', 2);
  expect([table.add(stdin), table.add(stdin), table.add(stdin)]).toEqual([2, 1, 4]);
});

test('add() refuses one handle above the limit, and works again after a drop', () => {
  const table = createResourceTable(2);
  table.add(stdin);
  table.add(stdin);
  expect(() => table.add(stdin)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  table.drop('input-stream', 1);
  expect(table.add(stdin)).toBe(1);
});

const bad = [
  { name: 'handle 0', handle: 0, kind: 'input-stream' },
  { name: 'a handle that was never given out', handle: 3, kind: 'input-stream' },
  { name: 'the largest handle', handle: 2 ** 32 - 1, kind: 'input-stream' },
  { name: 'a stale handle', handle: 2, kind: 'input-stream' },
  { name: 'a handle of another kind', handle: 1, kind: 'output-stream' },
] as const;
for (const { name, handle, kind } of bad) {
  test(`get() and drop() trap for ${name}`, () => {
    const table = createResourceTable(8);
    table.add(stdin);
    table.drop('input-stream', table.add(stdin));
    expect(() => table.get(kind, handle)).toThrow(expect.objectContaining({ code: 'GUEST_TRAP' }));
    expect(() => table.drop(kind, handle)).toThrow(expect.objectContaining({ code: 'GUEST_TRAP' }));
    expect(table.get('input-stream', 1)).toBe(stdin);
  });
}

test('drop() quotes the name of a type that a component chose', () => {
  expect(() => createResourceTable(8).drop('\u001b[31m', 1)).toThrow('it is not a live "\\u{1b}[31m"');
});
