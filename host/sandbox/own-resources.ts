/**
 * Handles of resources that a component defines itself: `canon resource.new`, `.rep` and `.drop`.
 *
 * QuickJS components carry a stub of WASI that defines such resources. Handles never leave the component that made them,
 * because calls between components that carry handles are not linked (they are `missing` in the plan).
 * Canonical ABI, "Resource State" and "Table State".
 */
import { PluginError } from '../errors/index.js';

/** A number of live handles that no sane component reaches; each costs the host memory. */
const MAX_HANDLES = 65_536;

export class OwnResources {
  readonly #live = new Map<number, { readonly resource: number; readonly rep: number }>();
  /** Numbers to use again: counting on would leave 32 bits behind some day. */
  readonly #free: number[] = [];

  create(resource: number, rep: number): number {
    if (this.#live.size >= MAX_HANDLES) {
      throw new PluginError('LIMIT_EXCEEDED', `Cannot make a resource: ${MAX_HANDLES} handles are open, the limit`);
    }
    const handle = this.#free.pop() ?? this.#live.size + 1;
    this.#live.set(handle, { resource, rep });
    return handle;
  }

  rep(resource: number, handle: number): number {
    const entry = this.#live.get(handle);
    if (entry === undefined || entry.resource !== resource) {
      throw new PluginError('GUEST_TRAP', `Cannot use resource handle ${handle}: the component does not own it`);
    }
    return entry.rep;
  }

  /** @returns the representation, for the destructor. */
  drop(resource: number, handle: number): number {
    const rep = this.rep(resource, handle);
    this.#live.delete(handle);
    this.#free.push(handle);
    return rep;
  }
}
