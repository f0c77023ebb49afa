/** Answers of `wasm-plugin:hook/engine-config`, byte by byte. MessagePack specification, "Formats". */
import { concat } from '../../../host/sandbox/wasm-bytes.js';
import { type Bytes, type Corpus, type CorpusEntry, good, refused, utf8 } from './entry.js';

const malformed = refused('ABI_MALFORMED');

/** Lists and maps that may be inside of each other. */
const DEPTH = 64;
const MAX_U32: Bytes = [0xff, 0xff, 0xff, 0xff];
const NIL = 0xc0;

const str = (text: string): Uint8Array => concat([[0xa0 + utf8(text).length], utf8(text)]);
const map = (...pairs: readonly (readonly [Bytes, Bytes])[]): Uint8Array =>
  concat([[0x80 + pairs.length], ...pairs.flat()]);
/** The field that may hold any value. */
const state = (...value: readonly Bytes[]): Uint8Array => concat([[0x81], str('state'), ...value]);
const field = (name: string, ...value: readonly Bytes[]): Uint8Array => concat([[0x81], str(name), ...value]);
const lists = (count: number): Uint8Array => concat([new Uint8Array(count).fill(0x91), [NIL]]);
const patch = (operation: Uint8Array): Uint8Array => field('patch', [0x91], operation);
const ADD = map([str('op'), str('add')], [str('path'), str('/a')], [str('value'), [1]]);

const GOOD: readonly CorpusEntry[] = [
  good('an-empty-map', [0x80]),
  good('a-map-with-a-longer-header-than-it-needs', [0xdf, 0, 0, 0, 0]),
  good('a-text-with-a-longer-header-than-it-needs', state([0xdb, 0, 0, 0, 1, 0x61])),
  good('lists-as-deep-as-there-may-be', state(lists(DEPTH - 1))),
  good('one-key-twice', [0x82], str('veto'), str('a'), str('veto'), str('b')),
  good('a-key-that-nobody-knows', field('another', [0xc4, 2, 0xff, 0xff])),
  good('a-key-of-a-prototype-in-any-value', state(map([str('__proto__'), map([str('polluted'), [1]])]))),
  good('a-key-of-a-prototype-in-a-struct', field('__proto__', map([str('veto'), str('no')]))),
  good('two-to-the-53-less-one', state([0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
  good('minus-two-to-the-53-plus-one', state([0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1])),
  good('not-a-number', state([0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0])),
  good('a-text-that-starts-with-a-byte-order-mark', state(str('\ufeffa'))),
  good('a-text-that-is-nothing-but-a-byte-order-mark', state(str('\ufeff'))),
  good('nil-where-a-list-has-a-default', field('patch', [NIL])),
  good('an-empty-key', state(map([str(''), [NIL]]))),
  good('one-operation-of-a-patch', patch(ADD)),
];

const BYTES: readonly CorpusEntry[] = [
  malformed('nothing', []),
  malformed('a-byte-behind-the-message', [0x80, NIL]),
  malformed('the-byte-that-starts-no-value', state([0xc1])),
  malformed('an-extension-of-one-byte', state([0xd4, 0, 0])),
  malformed('an-extension-of-sixteen-bytes', state([0xd8, 0], new Uint8Array(16))),
  malformed('an-extension-with-a-length', state([0xc7, 1, 0xff, 0])),
  malformed('a-time', state([0xd6, 0xff, 0, 0, 0, 0])),
  malformed('a-record-of-msgpackr', state([0xd4, 0x72, 0x40], [0x91], str('a'))),
  malformed('cut-behind-a-key', [0x81], str('state')),
  malformed('cut-inside-a-key', [0x81, 0xa5, 0x73, 0x74]),
  malformed('cut-inside-a-length', state([0xdd, 0, 0])),
  malformed('cut-inside-a-number', state([0xcb, 0, 0, 0])),
  malformed('a-text-one-byte-past-the-end', state([0xa2, 0x61])),
  malformed('a-text-of-two-to-the-32-less-one-bytes', state([0xdb], MAX_U32)),
  malformed('bytes-of-two-to-the-32-less-one', state([0xc6], MAX_U32, [0])),
  malformed('a-list-of-two-to-the-32-less-one', state([0xdd], MAX_U32, [NIL])),
  malformed('a-map-of-two-to-the-32-less-one', state([0xdf], MAX_U32, [NIL])),
  malformed('a-list-one-longer-than-what-is-left', state([0xdc, 0, 2, NIL])),
  malformed('a-map-with-a-key-and-no-value-left', state([0x82], str('a'), [NIL])),
  malformed('lists-one-level-too-deep', state(lists(DEPTH))),
  malformed('lists-ten-thousand-deep', state(lists(10_000))),
  malformed('maps-one-level-too-deep', state(...Array.from({ length: DEPTH }, () => [0x81, 0xa1, 0x61]), [NIL])),
  malformed('a-key-that-is-a-number', state([0x81, 1, 1])),
  malformed('a-key-that-is-nil', state([0x81, NIL, NIL])),
  malformed('a-key-that-is-bytes', state([0x81, 0xc4, 1, 0x61, NIL])),
  malformed('a-text-with-a-byte-that-starts-nothing', state([0xa1, 0xff])),
  malformed('a-text-with-an-overlong-character', state([0xa2, 0xc0, 0x80])),
  malformed('a-text-with-half-a-pair', state([0xa3, 0xed, 0xa0, 0x80])),
  malformed('a-text-cut-inside-a-character', state([0xa2, 0xe2, 0x82])),
  malformed('two-to-the-53', state([0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0])),
  malformed('two-to-the-64-less-one', state([0xcf], MAX_U32, MAX_U32)),
  malformed('minus-two-to-the-53', state([0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0])),
];

const SCHEMA: readonly CorpusEntry[] = [
  malformed('nil-for-the-whole', [NIL]),
  malformed('a-list-for-the-whole', [0x90]),
  malformed('a-map-for-a-list', field('patch', [0x80])),
  malformed('a-text-for-a-list', field('patch', str('x'))),
  malformed('an-operation-without-its-path', patch(map([str('op'), str('add')]))),
  malformed('an-operation-whose-path-is-nil', patch(map([str('op'), str('add')], [str('path'), [NIL]]))),
  malformed('a-number-for-a-text', field('veto', [1])),
  malformed('bytes-for-a-text', field('veto', [0xc4, 1, 0x61])),
  malformed(
    'an-action-that-nobody-knows',
    field(
      'adjustments',
      map([str('env'), concat([[0x91], map([str('action'), str('merge')], [str('name'), str('A')])])]),
    ),
  ),
  malformed(
    'a-fraction-for-an-integer',
    field(
      'adjustments',
      map([str('user'), map([str('uid'), [0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]], [str('gid'), [0]])]),
    ),
  ),
];

export const messages: Corpus = { decoder: 'message', extension: 'msgpack', entries: [...GOOD, ...BYTES, ...SCHEMA] };
