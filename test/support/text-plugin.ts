/**
 * Small components assembled from text, for guests that no compiler would make.
 *
 * The component exports `acme:score/score@1.0.0` and imports one capability. Its memory and allocator live in a module of
 * their own, so that the main module can import what was lowered with them.
 */
import { parse } from '@bytecodealliance/jco';
import type { ComponentInstance, InstanceOptions, SandboxLimits } from '../../host/sandbox/index.js';
import { compileComponent } from '../../host/sandbox/index.js';

export const SCORE = 'acme:score/score@1.0.0';
/** Answers with the request itself. */
export const ECHO = '(call $answer (i32.const 0) (local.get $ptr) (local.get $len))';

/** Allocates upwards from 4096 and never frees; grows the memory when it must. */
const BUMP = `
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.add (global.get $next) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $size) (i32.const 16))))))
    (local.get $at))`;

export interface TextPlugin {
  /** The imported capability. */
  readonly capability?: string;
  /** The memory, exported as `memory`. */
  readonly memory?: string;
  /** The allocator, exported as `cabi_realloc`. */
  readonly realloc?: string;
  /** Body of `handle`: $ptr and $len are its parameters, `$answer tag ptr len` makes a result area, `$call` is the capability. */
  readonly handle?: string;
  /** Body of `cabi_post`. */
  readonly post?: string;
  /** More fields of the main module. Imports would have to stand first: see `imports`. */
  readonly main?: string;
  readonly imports?: string;
  /** Core type of the imported `$call`. */
  readonly callType?: string;
  /** The type of `call` and `handle` at component level. */
  readonly signature?: string;
  /** More definitions at the end of the component. */
  readonly more?: string;
}

export async function textPlugin(parts: TextPlugin = {}): Promise<Uint8Array> {
  return parse(textPluginSource(parts));
}

export function textPluginSource({
  capability = 'wasm-plugin:host/log@1.0.0',
  memory = '(memory (export "memory") 1)',
  realloc = BUMP,
  handle = ECHO,
  post = '',
  main = '',
  imports = '',
  callType = '(param i32 i32 i32)',
  signature = '(param "request" $bytes) (result $answer)',
  more = '',
}: TextPlugin = {}): string {
  return `(component
    (type $interface (instance
      (type $bytes (list u8)) (type $answer (result $bytes (error $bytes))) (type $func (func ${signature}))
      (export "call" (func (type $func)))))
    (import "${capability}" (instance $host (type $interface)))
    (core module $allocator ${memory} ${realloc})
    (core instance $allocator (instantiate $allocator))
    (alias core export $allocator "memory" (core memory $memory))
    (alias core export $allocator "cabi_realloc" (core func $realloc))
    (core func $call (canon lower (func $host "call") (memory $memory) (realloc $realloc)))
    (core instance $lowered (export "call" (func $call)))
    (core module $main
      (import "env" "memory" (memory 0))
      (import "env" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (import "host" "call" (func $call ${callType}))
      ${imports}
      (func $answer (param $tag i32) (param $ptr i32) (param $len i32) (result i32)
        (i32.store8 (i32.const 1024) (local.get $tag))
        (i32.store (i32.const 1028) (local.get $ptr))
        (i32.store (i32.const 1032) (local.get $len))
        (i32.const 1024))
      (func (export "handle") (param $ptr i32) (param $len i32) (result i32) ${handle})
      (func (export "post") (param $area i32) ${post})
      ${main})
    (core instance $main (instantiate $main (with "env" (instance $allocator)) (with "host" (instance $lowered))))
    (type $bytes (list u8)) (type $answer (result $bytes (error $bytes))) (type $handle (func ${signature}))
    (alias core export $main "handle" (core func $handle))
    (alias core export $main "post" (core func $post))
    (func $handle (type $handle)
      (canon lift (core func $handle) (memory $memory) (realloc $realloc) (post-return $post)))
    (instance $score (export "handle" (func $handle)))
    (export "${SCORE}" (instance $score))
    ${more})`;
}

/** Options for an instance that sees nothing, and whose output goes nowhere. */
export function quietOptions(options: Partial<InstanceOptions> = {}): InstanceOptions {
  return {
    capabilities: new Map([['wasm-plugin:host/log', () => ({ ok: true, payload: new Uint8Array() })]]),
    missing: () => new Uint8Array(),
    wasi: {
      onLine: () => {},
      wallClock: () => ({ seconds: 0n, nanoseconds: 0 }),
      monotonicNow: () => 0n,
      random: (length) => new Uint8Array(length),
      env: new Map(),
      args: [],
    },
    ...options,
  };
}

/** Assemble, compile and instantiate. */
export async function startTextPlugin(
  parts: TextPlugin = {},
  options: Partial<InstanceOptions> = {},
  limits: Partial<SandboxLimits> = {},
): Promise<ComponentInstance> {
  const compiled = await compileComponent(await textPlugin(parts), limits);
  return compiled.instantiate(quietOptions(options));
}
