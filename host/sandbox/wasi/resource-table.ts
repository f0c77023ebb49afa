import { PluginError, quote } from '../../errors/index.js';
import type { LineSink } from './line-sink.js';
import { trap } from './trap.js';

/** A resource that the host made for the guest, told apart by its WIT name. */
export type Resource =
  | { readonly kind: 'input-stream' }
  | { readonly kind: 'output-stream'; readonly sink: LineSink }
  /** `due` is a monotonic instant; undefined means ready for good, as the streams of this host always are. */
  | { readonly kind: 'pollable'; due: bigint | undefined }
  | { readonly kind: 'error'; readonly message: string };

type ResourceOf<Kind extends Resource['kind']> = Extract<Resource, { readonly kind: Kind }>;

/** The handles of one component instance. */
export interface ResourceTable {
  /** @throws PluginError `LIMIT_EXCEEDED` when the guest keeps too many alive. */
  add(resource: Resource): number;
  /** @throws PluginError `GUEST_TRAP` if the handle is stale, was never given out, or is of another kind. */
  get<Kind extends Resource['kind']>(kind: Kind, handle: number): ResourceOf<Kind>;
  /** Give up a handle; its number may be used again. `kind` is free text: the guest's type may be one that we never make. */
  drop(kind: string, handle: number): void;
}

/**
 * A table that starts at handle 1 and reuses the number that was freed last (CanonicalABI.md, "Table State").
 *
 * Reuse is safe: every use names the kind it expects, so a stale number either traps or reaches a resource that the same
 * guest owns anyway. Its size is bounded by `maxHandles`, whatever the guest does.
 */
export function createResourceTable(maxHandles: number): ResourceTable {
  const slots: (Resource | undefined)[] = [undefined];
  const free: number[] = [];

  function find(kind: string, handle: number): Resource {
    const resource = slots[handle];
    if (resource === undefined) {
      throw trap(`Cannot use handle ${handle}: it is not a live ${quote(kind)}`);
    }
    if (resource.kind !== kind) {
      throw trap(`Cannot use handle ${handle} as ${quote(kind)}: it is an ${resource.kind}`);
    }
    return resource;
  }

  return {
    add(resource) {
      const reused = free.pop();
      if (reused !== undefined) {
        slots[reused] = resource;
        return reused;
      }
      if (slots.length > maxHandles) {
        throw new PluginError(
          'LIMIT_EXCEEDED',
          `Cannot make another ${resource.kind}: the limit is ${maxHandles} handles`,
          {
            hint: 'Drop streams and pollables that are no longer needed.',
            details: { maxHandles },
          },
        );
      }
      return slots.push(resource) - 1;
    },
    get<Kind extends Resource['kind']>(kind: Kind, handle: number) {
      // `find` compared the kinds; the compiler cannot narrow by a type parameter.
      return find(kind, handle) as ResourceOf<Kind>;
    },
    drop(kind, handle) {
      find(kind, handle);
      slots[handle] = undefined;
      free.push(handle);
    },
  };
}
