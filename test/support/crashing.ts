/** Plugins whose hook fails in a chosen way, assembled from text: what no SDK would make. */
import { parse } from '@bytecodealliance/jco';
import type { Manifest } from '../../host/package/index.js';
import { packPlugin } from '../../host/package/index.js';
import { SCORE, textPluginSource } from './text-plugin.js';

export const CRASHING = 'example.com/crash';

const SCRATCH = 3072;

export interface Failure {
  readonly name: string;
  /** Body of a function that takes the place of an answer. */
  readonly body: string;
}

/** Every way in which a hook can fail; a call that never ends takes as long as its deadline. */
export const FAILURES: readonly Failure[] = [
  { name: 'traps', body: 'unreachable' },
  { name: 'exits', body: '(call $exit (i32.const 0)) unreachable' },
  { name: 'never ends', body: '(loop $again (br $again)) unreachable' },
  { name: 'answers no msgpack', body: answering(0xc1) },
  { name: 'answers with another kind of value', body: answering(0x07) },
  {
    name: 'answers with more than a message may have',
    body: `(call $answer (i32.const 0) (i32.const 4096) (i32.const ${17 << 20}))`,
  },
  {
    name: 'answers from outside of its memory',
    body: '(call $answer (i32.const 0) (i32.const 0x7ffffff0) (i32.const 64))',
  },
  { name: 'answers with an error that is none', body: '(call $answer (i32.const 1) (i32.const 3072) (i32.const 0))' },
];

/** `{}`, which is a fine answer to most hooks. */
const NOTHING_TO_SAY = answering(0x80);
/** `{"claims": true}`. */
const CLAIMS = answering(0x81, 0xa6, ...Buffer.from('claims'), 0xc3);

export interface Crashing {
  readonly hook: string;
  readonly failure: Failure;
  /** It fails only where these four letters are in the request, and else has nothing to say. */
  readonly only?: string;
  readonly manifest?: Partial<Manifest>;
}

/** @returns the bytes of a package. */
export async function packCrashing({ hook, failure, only, manifest }: Crashing): Promise<Uint8Array> {
  const source = textPluginSource({
    // As much as the longest answer.
    memory: '(memory (export "memory") 300)',
    imports: '(import "host" "exit" (func $exit (param i32)))',
    main: `(func $fail (result i32) ${failure.body})`,
    handle: only === undefined ? '(call $fail)' : where(only, hook === 'image-driver' ? CLAIMS : NOTHING_TO_SAY),
  })
    .replaceAll(SCORE, `wasm-plugin:hook/${hook}@1.0.0`)
    .replace(
      '(component',
      '(component (import "wasi:cli/exit@0.2.0" (instance $exiting (export "exit" (func (param "status" (result))))))',
    )
    .replace(
      '(core instance $lowered ',
      '(core func $exit (canon lower (func $exiting "exit"))) (core instance $lowered (export "exit" (func $exit)) ',
    );
  return packPlugin({
    component: await parse(source),
    manifest: {
      name: CRASHING,
      author: 'A. Author',
      version: '1.0.0',
      description: 'A test',
      requests: [],
      contributes: { commands: [], flags: [], phases: [] },
      ...manifest,
    },
  });
}

function answering(...bytes: readonly number[]): string {
  const stores = bytes.map((byte, at) => `(i32.store8 (i32.const ${SCRATCH + at}) (i32.const ${byte}))`);
  return `${stores.join(' ')} (call $answer (i32.const 0) (i32.const ${SCRATCH}) (i32.const ${bytes.length}))`;
}

function where(letters: string, otherwise: string): string {
  return `(local $end i32)
  (local.set $end (i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const 4)))
  (loop $next
    (if (i32.eq (i32.load align=1 (local.get $ptr)) (i32.const ${Buffer.from(letters).readInt32LE()}))
      (then (return (call $fail))))
    (local.set $ptr (i32.add (local.get $ptr) (i32.const 1)))
    (br_if $next (i32.le_u (local.get $ptr) (local.get $end))))
  ${otherwise}`;
}
