import type { Value } from '../../abi/index.js';

/** Values of flags as they go into a message: without a prototype, as every object there. */
export function plainValues(values: ReadonlyMap<string, unknown> | undefined): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), Object.fromEntries(values ?? [])) as Record<string, Value>;
}
