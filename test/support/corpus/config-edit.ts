/** Answers to `wasm-plugin:hook/engine-config` as JSON: adjustments and patches of one small config. */
import { type Corpus, type CorpusEntry, good, refused, utf8 } from './entry.js';

const invalid = refused('CONFIG_INVALID');
const conflict = refused('CONFIG_CONFLICT');
const tooMuch = refused('LIMIT_EXCEEDED');

const LIST_ENTRIES = 10_000;
const DEPTH = 48;

const json = (answer: object): Uint8Array => utf8(`${JSON.stringify(answer)}\n`);
const patch = (...operations: readonly object[]): Uint8Array => json({ patch: operations });
const adjust = (adjustments: object): Uint8Array => json({ adjustments });
const add = (path: string, value: unknown): object => ({ op: 'add', path, value });
const replace = (path: string, value: unknown): object => ({ op: 'replace', path, value });
const copy = (from: string, path: string): object => ({ op: 'copy', from, path });
const move = (from: string, path: string): object => ({ op: 'move', from, path });
const test = (path: string, value: unknown): object => ({ op: 'test', path, value });
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const entries = (count: number): unknown[] => Array<unknown>(count).fill(0);

const GOOD: readonly CorpusEntry[] = [
  good('no-edits', json({})),
  good(
    'an-operation-of-each-kind',
    patch(
      add('/annotations', { a: 'b' }),
      test('/annotations/a', 'b'),
      copy('/annotations/a', '/annotations/c'),
      move('/annotations/c', '/annotations/d'),
      replace('/annotations/d', 'e'),
      { op: 'remove', path: '/annotations/a' },
    ),
  ),
  good('an-entry-one-past-the-end-of-a-list', patch(add('/process/args/1', '-c'))),
  good('an-entry-at-the-end-of-a-list', patch(add('/process/args/-', '-c'))),
  good('a-list-as-long-as-there-may-be', patch(add('/x', entries(LIST_ENTRIES)), test('/x', entries(LIST_ENTRIES)))),
  good('a-value-as-deep-as-there-may-be', patch(add('/x', nested(DEPTH - 1)))),
  good('escaped-keys', patch(add('/~0~1', 1), test('/~0~1', 1))),
  good('an-empty-key', patch(add('/', 1), test('/', 1))),
  good(
    'keys-named-as-those-of-prototypes',
    patch(add('/constructor', {}), add('/constructor/prototype', 1), test('/constructor/prototype', 1), {
      op: 'remove',
      path: '/constructor',
    }),
  ),
  good('a-mount-replaced', adjust({ mounts: [{ action: 'replace', destination: '/tmp', source: '/var/tmp' }] })),
  good(
    'what-is-absent-removed',
    adjust({
      mounts: [{ action: 'remove', destination: '/x' }],
      env: [{ action: 'remove', name: 'X' }],
      annotations: [{ action: 'remove', name: 'toString' }],
    }),
  ),
  good('what-is-there-added-again', adjust({ env: [{ action: 'add', name: 'PATH', value: '/bin' }] })),
  good(
    'an-annotation-named-as-a-constructor',
    adjust({ annotations: [{ action: 'add', name: 'constructor', value: 'x' }] }),
  ),
];

const PATCHES: readonly CorpusEntry[] = [
  tooMuch('one-operation-too-many', patch(...Array.from({ length: 1001 }, () => test('/hostname', 'box')))),
  tooMuch('a-list-one-entry-too-long', patch(add('/x', entries(LIST_ENTRIES + 1)))),
  tooMuch('a-list-grown-one-entry-too-long', patch(add('/x', entries(LIST_ENTRIES)), add('/x/-', 1))),
  tooMuch('a-value-one-level-too-deep', patch(add('/x', nested(DEPTH)))),
  tooMuch(
    'copies-that-double-a-value-forty-times',
    patch(add('/x', { a: entries(100) }), ...Array.from({ length: 40 }, (_, i) => copy('/x', `/x/n${i}`))),
  ),
  tooMuch(
    'moves-that-put-a-value-ever-deeper',
    patch(
      add('/x', {}),
      ...Array.from({ length: DEPTH }, () => [add('/y', {}), move('/x', '/y/x'), move('/y', '/x')]).flat(),
    ),
  ),
  invalid('the-length-of-a-list', patch(replace('/process/args/length', 5))),
  invalid('the-length-of-a-list-as-text', patch(replace('/process/args/length', 'x'))),
  invalid(
    'a-property-of-a-list-that-is-copied-into-itself',
    patch(
      replace('/process/args/x', {}),
      ...Array.from({ length: 30 }, (_, i) => copy('/process/args/x', `/process/args/x/n${i}`)),
    ),
  ),
  invalid(
    'a-comparison-of-two-long-lists',
    patch(add('/x', entries(LIST_ENTRIES)), test('/x', [...entries(LIST_ENTRIES - 1), 1])),
  ),
  invalid('a-comparison-with-an-object-that-cannot-become-text', patch(test('/hostname', { toString: 1, valueOf: 1 }))),
  invalid('a-negative-index', patch(replace('/process/args/-1', 'x'))),
  invalid('an-index-with-a-leading-zero', patch(test('/process/args/00', 'sh'))),
  invalid('an-index-two-past-the-end', patch(add('/process/args/2', 'x'))),
  invalid('an-index-of-two-to-the-32', patch(add('/process/args/4294967296', 'x'))),
  invalid('the-entry-behind-the-last-removed', patch({ op: 'remove', path: '/process/args/-' })),
  invalid('the-whole-document', patch(replace('', {}))),
  invalid('a-pointer-without-a-slash', patch(add('a', 1))),
  invalid('a-tilde-that-escapes-nothing', patch(add('/~2', 1))),
  invalid('a-prototype-as-target', patch(add('/__proto__/polluted', 1))),
  invalid('a-prototype-as-source', patch(copy('/__proto__', '/x'))),
  invalid(
    'a-prototype-inside-a-value',
    utf8('{"patch":[{"op":"add","path":"/x","value":{"__proto__":{"polluted":1}}}]}\n'),
  ),
  invalid('a-method-of-objects-as-source', patch(copy('/toString', '/x'))),
  invalid('a-character-of-a-text', patch(copy('/hostname/0', '/x'))),
  invalid('a-value-moved-into-itself', patch(move('/process', '/process/x'))),
  invalid('a-test-of-what-is-absent', patch(test('/x', null))),
  invalid('an-operation-that-nobody-knows', patch({ op: 'merge', path: '/x' })),
  invalid('an-add-without-a-value', patch({ op: 'add', path: '/x' })),
  invalid('a-move-without-a-source', patch({ op: 'move', path: '/x' })),
  invalid('bytes-for-a-value', patch(add('/x', { $bin: 'AAAA' }))),
  invalid('a-number-that-json-does-not-have', patch(add('/x', { $f64: 'NaN' }))),
  invalid('a-path-that-drives-a-terminal', patch({ op: 'remove', path: '/\u001b[2J\nERROR: x' })),
];

const ADJUSTMENTS: readonly CorpusEntry[] = [
  conflict('a-mount-that-is-there-already', adjust({ mounts: [{ action: 'add', destination: '/tmp', source: '/x' }] })),
  conflict('a-variable-that-is-there-already', adjust({ env: [{ action: 'add', name: 'PATH', value: '/x' }] })),
  tooMuch(
    'one-edit-too-many',
    adjust({ env: Array.from({ length: 1001 }, (_, i) => ({ action: 'remove', name: `N${i}` })) }),
  ),
  invalid('a-mount-that-steps-out', adjust({ mounts: [{ action: 'add', destination: '/a/../..', source: '/x' }] })),
  invalid('a-mount-at-a-relative-path', adjust({ mounts: [{ action: 'add', destination: 'a', source: '/x' }] })),
  invalid('a-mount-at-a-path-with-nul', adjust({ mounts: [{ action: 'add', destination: '/a\0b', source: '/x' }] })),
  invalid('a-bind-without-a-source', adjust({ mounts: [{ action: 'add', destination: '/a' }] })),
  invalid('a-variable-without-a-name', adjust({ env: [{ action: 'add', name: '', value: 'x' }] })),
  invalid('a-variable-whose-name-has-a-value', adjust({ env: [{ action: 'add', name: 'A=B', value: 'x' }] })),
  invalid('a-value-with-nul', adjust({ env: [{ action: 'add', name: 'A', value: 'x\0y' }] })),
  invalid(
    'an-annotation-with-the-key-of-a-prototype',
    adjust({ annotations: [{ action: 'add', name: '__proto__', value: 'x' }] }),
  ),
  invalid('no-arguments-left', adjust({ args: [] })),
  invalid('a-relative-working-directory', adjust({ cwd: 'a' })),
  invalid('a-host-name-of-two-lines', adjust({ hostname: 'a\nb' })),
];

export const configEdits: Corpus = {
  decoder: 'config-edit',
  extension: 'json',
  entries: [...GOOD, ...PATCHES, ...ADJUSTMENTS],
};
