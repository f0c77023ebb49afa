/** Core modules put together by hand. WebAssembly core specification 3.0, "Binary Format". */
import { concat, leb, section, text } from '../../../host/sandbox/wasm-bytes.js';
import { customSection, listSection, moduleOf, PREAMBLE, sized } from '../core-module.js';
import { type Bytes, type Corpus, type CorpusEntry, good, refused } from './entry.js';

const malformed = refused('COMPONENT_MALFORMED');
const unsupported = refused('COMPONENT_UNSUPPORTED');
const tooMuch = refused('LIMIT_EXCEEDED');
/** V8 refuses it before we do, where it does not know the feature. */
const either = refused('COMPONENT_MALFORMED', 'COMPONENT_UNSUPPORTED');

const MAX_U32: Bytes = [0xff, 0xff, 0xff, 0xff, 0x0f];
const [I32, EXTERNREF, FUNCREF] = [0x7f, 0x6f, 0x70];
const END = 0x0b;
const VOID: Bytes = [0x60, 0, 0];

const types = (...entries: readonly Bytes[]): Uint8Array => listSection(1, entries);
const memory = (...limits: readonly Bytes[]): Uint8Array => listSection(5, limits);
const table = (...entries: readonly Bytes[]): Uint8Array => listSection(4, entries);
const tag = (type: number): Uint8Array => listSection(13, [[0, type]]);
const ONE_PAGE = memory([0, 1]);
/** A module of one function without parameters, with these sections between its types and its code. */
const code = (body: Bytes, ...sections: readonly Uint8Array[]): Uint8Array =>
  moduleOf(types(VOID), listSection(3, [[0]]), ...sections, listSection(10, [sized([0], body)]));
const raw = (body: Bytes): Uint8Array => moduleOf(types(VOID), listSection(3, [[0]]), section(10, [body]));
const wide = (parameters: number, results: number): Uint8Array =>
  moduleOf(
    types(
      concat([
        [0x60],
        leb(parameters),
        new Uint8Array(parameters).fill(I32),
        leb(results),
        new Uint8Array(results).fill(I32),
      ]),
    ),
  );
const imported = (namespace: Bytes, name: string): Uint8Array =>
  moduleOf(types(VOID), listSection(2, [concat([leb(namespace.length), namespace, text(name), [0, 0]])]));
const chars = (value: string): Uint8Array => new TextEncoder().encode(value);
const nested = (blocks: number, opcode = 0x02): Uint8Array =>
  concat([...Array.from({ length: blocks }, () => [opcode, 0x40]), new Uint8Array(blocks + 1).fill(END)]);
const LOOP = 0x03;
/** One function with locals, and loops one after the other. */
const looping = (locals: number, loops: number): Uint8Array =>
  moduleOf(
    types(VOID),
    listSection(3, [[0]]),
    listSection(10, [sized([1], leb(locals), [I32], ...Array.from({ length: loops }, () => [LOOP, 0x40, END]), [END])]),
  );

const GOOD: readonly CorpusEntry[] = [
  good('nothing-but-a-preamble', PREAMBLE),
  good('a-memory-of-one-page', moduleOf(ONE_PAGE)),
  good('a-memory-as-large-as-an-instance-may-have', moduleOf(memory(concat([[0], leb(1024)])))),
  good('a-table-as-large-as-an-instance-may-have', moduleOf(table(concat([[FUNCREF, 0], leb(100_000)])))),
  good('a-table-without-a-maximum', moduleOf(table([FUNCREF, 0, 1]))),
  good('a-loop-that-never-ends', code([0x03, 0x40, 0x0c, 0, END, END])),
  good('a-fill-of-memory', code([0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 11, 0, END], ONE_PAGE)),
  good('a-jump-table-of-a-thousand-targets', code(concat([[0x41, 0, 0x0e], leb(1000), new Uint8Array(1001), [END]]))),
  good('blocks-five-hundred-deep', code(nested(500))),
  good('loops-five-hundred-deep', code(nested(500, LOOP))),
  good('ten-thousand-locals-and-fifty-loops', looping(10_000, 50)),
  good('code-behind-a-trap', code([0x00, 0x6a, 0x1a, END])),
  good('as-many-parameters-and-results-as-there-may-be', wide(64, 16)),
  good(
    'an-exception-of-sixteen-numbers',
    moduleOf(types(concat([[0x60, 16], new Uint8Array(16).fill(I32), [0]])), tag(0)),
  ),
  good('a-name-section-of-garbage', moduleOf(customSection('name', [0xff, 0xff, 0xff, 0xff, 0x0f]))),
  good('a-name-of-a-function-that-is-not-there', moduleOf(customSection('name', [1, 5, 1, 0x7f, 2, 0x1b, 0x5b]))),
  good('the-url-of-a-source-map-past-its-section', moduleOf(customSection('sourceMappingURL', [0x7f, 0x78]))),
  good('a-start-function', code([END], section(8, [[0]]))),
  good('a-section-length-padded-to-five-bytes', moduleOf(concat([[5, 0x83, 0x80, 0x80, 0x80, 0, 1, 0, 1]]))),
];

const BYTES: readonly CorpusEntry[] = [
  malformed('nothing', []),
  malformed('cut-inside-the-preamble', PREAMBLE.slice(0, 7)),
  malformed('a-component', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]),
  malformed('version-two', [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]),
  malformed('a-section-one-byte-past-the-end', moduleOf(Uint8Array.of(5, 3, 1, 0))),
  malformed('a-section-of-two-to-the-32-less-one-bytes', moduleOf(concat([[5], MAX_U32]))),
  malformed('a-section-length-of-six-bytes', moduleOf(concat([[5, 0x83, 0x80, 0x80, 0x80, 0x80, 0, 1, 0, 1]]))),
  malformed('a-section-with-a-byte-too-many', moduleOf(section(5, [[1, 0, 1, 0]]))),
  malformed('one-section-twice', moduleOf(types(VOID), types(VOID))),
  malformed('sections-in-the-wrong-order', moduleOf(ONE_PAGE, types(VOID))),
  malformed('a-section-that-nobody-knows', moduleOf(Uint8Array.of(0x7f, 0))),
  malformed('two-to-the-32-less-one-types', moduleOf(section(1, [MAX_U32]))),
  malformed('two-to-the-32-less-one-bodies', raw(MAX_U32)),
  malformed('a-function-without-a-body', moduleOf(types(VOID), listSection(3, [[0]]))),
  malformed('a-body-one-byte-past-its-section', raw([1, 3, 0, END])),
  malformed('a-body-of-two-to-the-32-less-one-bytes-in-four', raw(concat([[1], [0xff, 0xff, 0x0f], [0, END]]))),
  malformed('a-custom-section-whose-name-is-past-its-end', moduleOf(Uint8Array.of(0, 1, 5))),
  malformed('an-import-whose-name-is-not-utf-8', imported([0xff], 'f')),
  malformed(
    'one-export-twice',
    code([END], listSection(7, [concat([text('f'), [0, 0]]), concat([text('f'), [0, 0]])])),
  ),
];

const CODE: readonly CorpusEntry[] = [
  malformed('an-opcode-that-nobody-knows', code([0xff, END])),
  malformed('a-prefixed-opcode-that-nobody-knows', code([0xfc, 0xff, 0x7f, END])),
  malformed('a-body-without-an-end', code([0x01])),
  malformed('code-behind-the-end', code([END, 0x01])),
  malformed('an-operand-that-is-not-there', code([0x6a, 0x1a, END])),
  malformed('a-local-one-past-the-last', code([0x20, 0, 0x1a, END])),
  malformed('a-branch-one-label-too-far', code([0x0c, 1, END])),
  malformed('a-jump-table-of-two-to-the-32-less-one-targets', code(concat([[0x41, 0, 0x0e], MAX_U32, [END]]))),
  malformed('a-constant-cut-inside-its-number', code([0x41, 0x80])),
  malformed('a-load-without-a-memory', code([0x41, 0, 0x28, 0, 0, 0x1a, END])),
  malformed('an-alignment-above-the-natural-one', code([0x41, 0, 0x28, 3, 0, 0x1a, END], ONE_PAGE)),
  malformed('a-call-of-a-function-that-is-not-there', code([0x10, 1, END])),
  malformed('a-structure-that-is-made-without-its-type', code([0xfb, 0, 0, 0x1a, END])),
  tooMuch('loops-eleven-hundred-deep', code(nested(1100, LOOP))),
  tooMuch('ten-thousand-locals-and-sixty-loops', looping(10_000, 60)),
  tooMuch('two-to-the-32-less-one-locals', raw(concat([[1], leb(8), [1], MAX_U32, [I32, END]]))),
];

const BOUNDS: readonly CorpusEntry[] = [
  tooMuch('one-parameter-too-many', wide(65, 0)),
  tooMuch('one-result-too-many', wide(0, 17)),
  unsupported('a-structure', moduleOf(types([0x5f, 1, I32, 1]))),
  unsupported('an-array', moduleOf(types([0x5e, I32, 1]))),
  unsupported('types-that-refer-to-each-other', moduleOf(types([0x4e, 1, 0x60, 0, 0]))),
  unsupported('an-import-from-the-reserved-namespace', imported(chars('wasm-plugin:sandbox'), 'tick')),
  unsupported('a-shared-memory', moduleOf(memory([3, 1, 1]))),
  either('two-memories', moduleOf(memory([0, 1], [0, 1]))),
  either('a-memory-of-64-bits', moduleOf(memory([4, 1]))),
  either('a-memory-with-pages-of-one-byte', moduleOf(memory([8, 1, 0]))),
  either('a-table-of-64-bits', moduleOf(table([FUNCREF, 4, 1]))),
  either('a-table-of-typed-functions', moduleOf(types(VOID), table([0x63, 0, 0, 1]))),
  tooMuch('a-memory-of-one-page-more-than-an-instance-may-have', moduleOf(memory(concat([[0], leb(1025)])))),
  tooMuch('a-table-of-one-entry-more-than-an-instance-may-have', moduleOf(table(concat([[FUNCREF, 0], leb(100_001)])))),
  malformed('a-memory-of-65537-pages', moduleOf(memory(concat([[0], leb(65_537)])))),
  malformed('a-memory-whose-maximum-is-below-its-minimum', moduleOf(memory([1, 2, 1]))),
  refused('COMPONENT_MALFORMED', 'LIMIT_EXCEEDED')(
    'a-table-of-two-to-the-32-less-one-entries',
    moduleOf(table(concat([[FUNCREF, 0], MAX_U32]))),
  ),
  unsupported('an-exception-that-carries-a-reference', moduleOf(types([0x60, 1, EXTERNREF, 0]), tag(0))),
  unsupported(
    'an-exception-of-seventeen-numbers',
    moduleOf(types(concat([[0x60, 17], new Uint8Array(17).fill(I32), [0]])), tag(0)),
  ),
  malformed('a-data-count-that-does-not-count', moduleOf(ONE_PAGE, section(12, [[2]]), listSection(11, [[1, 0]]))),
  malformed(
    'an-element-of-a-function-that-is-not-there',
    moduleOf(table([FUNCREF, 0, 1]), listSection(9, [[0, 0x41, 0, END, 1, 0]])),
  ),
  malformed(
    'a-start-function-with-a-parameter',
    moduleOf(types([0x60, 1, I32, 0]), listSection(3, [[0]]), section(8, [[0]]), listSection(10, [sized([0, END])])),
  ),
];

export const coreModules: Corpus = {
  decoder: 'core-wasm',
  extension: 'wasm',
  entries: [...GOOD, ...BYTES, ...CODE, ...BOUNDS],
};
