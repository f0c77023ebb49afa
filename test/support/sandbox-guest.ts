import type { Capability, ComponentInstance } from '../../host/sandbox/index.js';
import { compileComponent, DEFAULT_SANDBOX_LIMITS } from '../../host/sandbox/index.js';
import type { WasiOptions } from '../../host/sandbox/wasi/index.js';

/** An instance in our sandbox, with the lines that it printed. */
export interface SandboxGuest {
  readonly instance: ComponentInstance;
  /** `stdout: text` or `stderr: text`, in order. */
  readonly lines: string[];
}

/** Make an instance with pinned time (1000 s, and 1 ms more at each look at the monotonic clock) and bytes that are all 7. */
export async function openGuest(
  component: Uint8Array,
  options: { readonly capabilities?: ReadonlyMap<string, Capability>; readonly wasi?: Partial<WasiOptions> } = {},
): Promise<SandboxGuest> {
  const lines: string[] = [];
  let now = 0n;
  const compiled = await compileComponent(component, DEFAULT_SANDBOX_LIMITS);
  const instance = compiled.instantiate({
    capabilities: options.capabilities ?? new Map(),
    missing: () => new Uint8Array(),
    wasi: {
      onLine: (stream, line) => lines.push(`${stream}: ${line}`),
      wallClock: () => ({ seconds: 1_000n, nanoseconds: 0 }),
      monotonicNow: () => {
        now += 1_000_000n;
        return now;
      },
      random: (length) => new Uint8Array(length).fill(7),
      env: new Map(),
      args: [],
      ...options.wasi,
    },
  });
  return { instance, lines };
}
