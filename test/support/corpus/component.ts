/** Components put together by hand. Binary.md of the Component Model says what the numbers mean. */
import { concat, leb, section, text } from '../../../host/sandbox/wasm-bytes.js';
import { type Bytes, type Corpus, type CorpusEntry, good, refused } from './entry.js';

const malformed = refused('COMPONENT_MALFORMED');
const unsupported = refused('COMPONENT_UNSUPPORTED');
const tooMuch = refused('LIMIT_EXCEEDED');

const PREAMBLE: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const CORE_PREAMBLE: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const MAX_U32: Bytes = [0xff, 0xff, 0xff, 0xff, 0x0f];
const [U8, STRING, LIST] = [0x7d, 0x73, 0x70];
const INSTANCE = 0x05;
/** Instances and type declarations that may be open at once, the component itself among them. */
const DEPTH = 16;
const NAME_BYTES = 1024;

const component = (...sections: readonly Bytes[]): Uint8Array => concat([PREAMBLE, ...sections]);
const listOf = (section_: number, ...items: readonly Bytes[]): Uint8Array =>
  section(section_, [leb(items.length), ...items]);
const types = (...items: readonly Bytes[]): Uint8Array => listOf(7, ...items);
const imports = (...items: readonly Bytes[]): Uint8Array => listOf(10, ...items);
const exports = (...items: readonly Bytes[]): Uint8Array => listOf(11, ...items);
const name = (value: string): Uint8Array => concat([[0x00], text(value)]);
const imported = (id: string): Uint8Array => concat([name(id), [INSTANCE, 0]]);
const exported = (id: string): Uint8Array => concat([name(id), [INSTANCE, 0, 0]]);
const custom = (contents: Bytes): Uint8Array => section(0, [text('x'), contents]);
const EMPTY_INSTANCE: Bytes = [0x42, 0x00];
/** Instance types inside of instance types. */
const nestedType = (levels: number): Uint8Array =>
  levels === 1 ? concat([EMPTY_INSTANCE]) : concat([[0x42, 1, 0x01], nestedType(levels - 1)]);
/** Components that contain and instantiate each other. */
const nestedComponent = (levels: number): Uint8Array =>
  levels === 1 ? component() : component(section(4, [nestedComponent(levels - 1)]), listOf(5, [0x00, 0, 0]));
const labels = (count: number): Uint8Array =>
  concat([leb(count), ...Array.from({ length: count }, (_, i) => text(`l${i}`))]);
const coreModules = (count: number): Uint8Array =>
  component(...Array.from({ length: count }, () => section(1, [CORE_PREAMBLE])));

const GOOD: readonly CorpusEntry[] = [
  good('nothing-but-a-preamble', component()),
  good('a-custom-section-of-anything', component(custom([0xff, 0x00, 0x80]))),
  good('a-core-module-that-is-none', component(section(1, [[0xff, 0xff]]))),
  good('as-many-core-modules-as-there-may-be', coreModules(100)),
  good(
    'an-import-and-its-export',
    component(types(EMPTY_INSTANCE), imports(imported('acme:a/b@1.0.0')), exports(exported('acme:a/b@1.0.0'))),
  ),
  good('a-component-that-nothing-instantiates-and-nobody-reads', component(section(4, [[0xff, 0xff, 0xff]]))),
  good('components-as-deep-as-there-may-be', nestedComponent(DEPTH)),
  good('types-as-deep-as-there-may-be', component(types(nestedType(DEPTH - 1)))),
  good('a-length-padded-to-five-bytes', component([0x00, 0x82, 0x80, 0x80, 0x80, 0x00, 0x01, 0x78])),
  good('a-name-as-long-as-it-may-be', component(section(0, [text('x'.repeat(NAME_BYTES))]))),
  good('thirty-two-flags', component(types(concat([[0x6e], labels(32)])))),
  good(
    'types-that-refer-to-earlier-ones',
    component(types([LIST, U8], [0x6a, 1, 0, 1, 0], [0x40, 1, 1, 0x61, 0, 0, 1])),
  ),
  good('an-alias-of-an-outer-type', component(types([LIST, U8], [0x42, 1, 0x02, 0x03, 0x02, 1, 0]))),
];

const BYTES: readonly CorpusEntry[] = [
  malformed('nothing', []),
  malformed('cut-inside-the-preamble', concat([PREAMBLE]).subarray(0, 7)),
  malformed('a-core-module', CORE_PREAMBLE),
  malformed('another-version', [0x00, 0x61, 0x73, 0x6d, 0x0e, 0x00, 0x01, 0x00]),
  malformed('another-layer', [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x02, 0x00]),
  malformed('a-section-without-a-length', component([7])),
  malformed('a-section-one-byte-past-the-end', component([7, 2, 0])),
  malformed('a-section-of-two-to-the-32-less-one-bytes', component([7], MAX_U32)),
  malformed('a-length-of-six-bytes', component([0, 0x82, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01, 0x78])),
  malformed('a-length-of-33-bits', component([0, 0xff, 0xff, 0xff, 0xff, 0x1f])),
  malformed('a-section-with-a-byte-too-many', component(section(7, [[0, 0]]))),
  malformed('a-section-that-nobody-knows', component([13, 0])),
  malformed('two-to-the-32-less-one-types', component(section(7, [MAX_U32]))),
  malformed('one-type-more-than-there-are', component(section(7, [[2, LIST, U8]]))),
  malformed('a-name-one-byte-past-the-end', component([0, 2, 2, 0x78])),
  malformed('a-name-that-is-not-utf-8', component([0, 2, 1, 0xff])),
  malformed('a-name-with-half-a-character', component([0, 4, 3, 0xed, 0xa0, 0x80])),
  malformed('an-unknown-form-of-name', component(types(EMPTY_INSTANCE), imports([0x03, 0x01, 0x61, INSTANCE, 0]))),
  tooMuch('a-name-one-byte-too-long', component(section(0, [text('x'.repeat(NAME_BYTES + 1))]))),
  tooMuch('components-one-level-too-deep', nestedComponent(DEPTH + 1)),
  tooMuch('types-one-level-too-deep', component(types(nestedType(DEPTH)))),
  tooMuch('one-core-module-too-many', coreModules(101)),
];

const MEANING: readonly CorpusEntry[] = [
  unsupported('a-core-type-section', component([3, 1, 0])),
  unsupported('a-start-section', component([9, 1, 0])),
  unsupported('a-value-section', component([12, 1, 0])),
  unsupported('an-async-function-type', component(types([0x43, 0, 1, 0]))),
  unsupported('a-stream', component(types([0x66, 0]))),
  unsupported('a-name-with-attributes', component(types(EMPTY_INSTANCE), imports([0x02, 0x01, 0x61, INSTANCE, 0]))),
  unsupported('an-import-that-is-no-interface', component(types(EMPTY_INSTANCE), imports(imported('plain')))),
  unsupported(
    'an-import-by-location',
    component(types(EMPTY_INSTANCE), imports(imported('url=<https://a.example/b>'))),
  ),
  malformed('an-import-that-is-nearly-an-interface', component(types(EMPTY_INSTANCE), imports(imported('acme:a/b@1')))),
  malformed('one-import-twice', component(types(EMPTY_INSTANCE), imports(imported('acme:a/b'), imported('acme:a/b')))),
  malformed(
    'one-export-twice',
    component(
      types(EMPTY_INSTANCE),
      imports(imported('acme:a/b')),
      exports(exported('acme:c/d'), exported('acme:c/d')),
    ),
  ),
  unsupported(
    'a-hook-of-ours-without-its-function',
    component(
      types(EMPTY_INSTANCE),
      imports(imported('acme:a/b')),
      exports(exported('wasm-plugin:hook/command@1.0.0')),
    ),
  ),
  malformed('a-type-index-one-past-the-last', component(types([LIST, 1]))),
  malformed('a-negative-type-index', component(types([LIST, 0xff, 0x7f]))),
  malformed('a-type-that-nobody-knows', component(types([0x7b + 0x05]))),
  malformed('a-resource-inside-a-type', component(types([0x42, 1, 0x01, 0x3f, 0x7f, 0x00]))),
  malformed('a-record-of-nothing', component(types([0x72, 0]))),
  malformed('thirty-three-flags', component(types(concat([[0x6e], labels(33)])))),
  malformed('a-variant-that-refines', component(types([0x71, 1, 1, 0x61, 1, STRING, 1]))),
  malformed('an-import-of-a-type-that-is-no-instance', component(types([LIST, U8]), imports(imported('acme:a/b')))),
  malformed('an-alias-that-reaches-outside', component(listOf(6, [0x03, 0x02, 1, 0]))),
  malformed(
    'an-alias-of-an-export-that-is-not-there',
    component(types(EMPTY_INSTANCE), imports(imported('acme:a/b')), listOf(6, [0x01, 0x00, 0, 1, 0x78])),
  ),
  malformed('an-instance-of-a-component-that-comes-later', component(listOf(5, [0x00, 0, 0]))),
  malformed(
    'a-component-without-what-it-imports',
    component(section(4, [component(types(EMPTY_INSTANCE), imports(imported('acme:a/b')))]), listOf(5, [0x00, 0, 0])),
  ),
  malformed('a-core-instance-of-no-module', component(listOf(2, [0x00, 0, 0]))),
  malformed('a-core-instance-of-an-unknown-form', component(listOf(2, [0x02]))),
  malformed(
    'a-core-instance-with-one-argument-twice',
    component(section(1, [CORE_PREAMBLE]), listOf(2, [0x00, 0, 0], [0x00, 0, 2, 1, 0x61, 0x12, 0, 1, 0x61, 0x12, 0])),
  ),
  malformed('a-function-lifted-from-nothing', component(types([0x40, 0, 1, 0]), listOf(8, [0x00, 0x00, 0, 0, 0]))),
  unsupported('a-built-in-that-nobody-knows', component(listOf(8, [0x7e]))),
];

export const components: Corpus = { decoder: 'component', extension: 'wasm', entries: [...GOOD, ...BYTES, ...MEANING] };
