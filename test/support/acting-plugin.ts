/** A plugin that does what its request says, first byte first: for tests of what happens around calls. */
import {
  createHost,
  type Host,
  type HostOptions,
  type LoadOptions,
  type Plugin,
  provideRaw,
} from '../../host/index.js';
import { packPuppet } from './puppet.js';
import { SCORE } from './text-plugin.js';

export const NAME = 'example.com/acting';
export const HOOK = SCORE;
/** The capability that it may call. */
export const ASK = 'acme:test/ask@1.0.0';
export const MODES = ['inline', 'thread'] as const;

/** What a request makes it do. The rest of the request is what it works with. */
export const act = {
  /** Answer with the request, the first byte included. */
  echo: (...bytes: number[]) => request('e', bytes),
  /** Answer with the number of calls that the instance has had, in one byte. */
  count: () => request('n'),
  /** Answer with what the capability answers to the rest. */
  ask: (...bytes: number[]) => request('c', bytes),
  /** Ask the capability again and again. */
  askForEver: () => request('a'),
  /** Answer with the error arm: the rest. */
  refuse: (payload: Uint8Array) => request('f', [...payload]),
  trap: () => request('t'),
  loop: () => request('l'),
  /** Take 16 pages, 1 MiB, more. */
  grow: () => request('g'),
};

const HANDLE = `(local $op i32)
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (local.set $op (i32.load8_u (local.get $ptr)))
  (local.set $ptr (i32.add (local.get $ptr) (i32.const 1)))
  (local.set $len (i32.sub (local.get $len) (i32.const 1)))
  (if (i32.eq (local.get $op) (i32.const ${code('t')})) (then unreachable))
  (if (i32.eq (local.get $op) (i32.const ${code('l')})) (then (loop $again (br $again))))
  (if (i32.eq (local.get $op) (i32.const ${code('g')})) (then (drop (memory.grow (i32.const 16)))))
  (if (i32.eq (local.get $op) (i32.const ${code('n')}))
    (then
      (i32.store8 (i32.const 3072) (global.get $calls))
      (return (call $answer (i32.const 0) (i32.const 3072) (i32.const 1)))))
  (if (i32.eq (local.get $op) (i32.const ${code('f')}))
    (then (return (call $answer (i32.const 1) (local.get $ptr) (local.get $len)))))
  (if (i32.eq (local.get $op) (i32.const ${code('a')}))
    (then (loop $again (call $call (local.get $ptr) (local.get $len) (i32.const 2048)) (br $again))))
  (if (i32.eq (local.get $op) (i32.const ${code('c')}))
    (then
      (call $call (local.get $ptr) (local.get $len) (i32.const 2048))
      (return (i32.const 2048))))
  (call $answer (i32.const 0) (i32.sub (local.get $ptr) (i32.const 1)) (i32.add (local.get $len) (i32.const 1)))`;

function code(char: string): number {
  return char.charCodeAt(0);
}

function request(op: string, bytes: readonly number[] = []): Uint8Array {
  return Uint8Array.of(code(op), ...bytes);
}

let packed: Promise<Uint8Array> | undefined;

/** The bytes of its package. */
export function packActing(): Promise<Uint8Array> {
  packed ??= packPuppet({
    manifest: { name: NAME },
    parts: { capability: ASK, main: '(global $calls (mut i32) (i32.const 0))', handle: HANDLE },
  });
  return packed;
}

export type Answer = Parameters<typeof provideRaw>[1];

const open: Host[] = [];

/** Load it into a host of its own, which {@link closeHosts} closes. */
export async function loadActing(
  options: LoadOptions & { readonly host?: HostOptions; readonly answer?: Answer } = {},
): Promise<Plugin> {
  const { host: hostOptions, answer = (request) => request, ...load } = options;
  const host = await createHost({ capabilities: [provideRaw(ASK, answer)], ...hostOptions });
  open.push(host);
  return host.load(await packActing(), load);
}

/** For `afterEach`. */
export async function closeHosts(): Promise<void> {
  await Promise.all(open.splice(0).map((host) => host.close()));
}

/** The first byte of an answer. */
export async function byteOf(answer: Promise<Uint8Array>): Promise<number | undefined> {
  return (await answer)[0];
}
