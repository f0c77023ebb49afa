/**
 * What the linker hands to WASI and what it gets back: core-level functions, the canonical ABI already applied.
 */

/**
 * The memory behind one `canon lower`: its `memory` and `realloc` options.
 *
 * A component has several of these (the preview1 adapter and the main module lower the same functions with different
 * allocators), so a function is bound to one at link time and never keeps a view: growth detaches it.
 */
export interface GuestMemory {
  /** The whole memory, as a view that is fresh at each call. */
  bytes(): Uint8Array;
  /** The same bytes as a DataView, fresh at each call. */
  view(): DataView;
  /**
   * Ask the guest for memory; runs guest code, so every view is stale afterwards.
   *
   * @returns whatever the guest answered: not trusted, see `allocate` of canonical.ts.
   */
  realloc(oldPtr: number, oldSize: number, align: number, newSize: number): number;
}

/**
 * A function at the level of a core module: i32 arrives as a signed number, i64 as a signed bigint.
 *
 * A JavaScript function satisfies an import of any core type, so arguments are checked on every call; see core-function.ts.
 */
export type CoreFunction = (...args: (number | bigint)[]) => number | bigint | undefined;

/** A WASI function that waits for the memory of one `canon lower`. */
export type Lowering = (memory: GuestMemory) => CoreFunction;

/** WASI preview 2 for one component instance. It owns that instance's handles and its unfinished output lines. */
export interface Wasi {
  /**
   * Look up a function.
   *
   * @param iface - interface name without its version: `wasi:cli/stdout`.
   * @param func - name inside the interface: `get-stdout`, `[method]output-stream.write`.
   * @returns undefined where this host has no such function: the linker then puts a stub that traps and names itself.
   */
  lower(iface: string, func: string): Lowering | undefined;
  /**
   * The `resource.drop` of a resource type.
   *
   * Resource names are unique across WASI, and components reach one type through many interfaces (`wasi:cli/stdout` uses
   * `output-stream` of `wasi:io/streams`), so the name alone decides. A type that this host never makes has a drop that traps.
   */
  dropResource(iface: string, resource: string): (handle: number) => void;
  /** Give unfinished lines of stdout and stderr to `onLine`. The sandbox calls it at the end of each hook call. */
  flush(): void;
}

/** Where output, time, chance and surroundings come from. Nothing of the host is visible unless it is given here. */
export interface WasiOptions {
  /** Receives each line of output, without its line end; text is the guest's own: escape it before a terminal sees it. */
  onLine(stream: 'stdout' | 'stderr', line: string): void;
  /** Time since 1970-01-01T00:00:00Z. */
  wallClock(): { readonly seconds: bigint; readonly nanoseconds: number };
  /** Nanoseconds since a moment of the embedder's choosing; never decreases. */
  monotonicNow(): bigint;
  /** Exactly `length` bytes; `length` is at most 65,536. Serves `random` and `insecure` alike, so that a replay needs one source. */
  random(length: number): Uint8Array;
  /** Environment variables that the guest may see. */
  readonly env: ReadonlyMap<string, string>;
  /** Command line that the guest may see, its own name included. */
  readonly args: readonly string[];
  /** Open folders: none in this version, so there can be no file descriptor either. */
  readonly preopens?: readonly [];
  /**
   * Block the thread that runs the guest for this many milliseconds, or until the call must end: the guest waits on a clock. Returns
   * early without a word; whatever bounds the call ends it afterwards.
   */
  sleep(ms: number): void;
  /** Live handles of one instance. Default 1024. */
  readonly maxHandles?: number;
  /** Longest line of output in bytes; a longer one is cut into several. Default 8192. */
  readonly maxLineBytes?: number;
}
