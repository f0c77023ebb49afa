import { tooMany } from './failures.js';
import type { ComponentLimits } from './limits.js';
import type { CoreInstance } from './plan.js';
import type { Reader } from './reader.js';
import type { Scope } from './scope.js';

/** What one decoding gathers, shared by all nested components. */
export interface Decoding {
  readonly limits: ComponentLimits;
  readonly modules: Uint8Array[];
  /** By offset in the file: a component that is instantiated twice has its modules once. */
  readonly moduleAt: Map<number, number>;
  readonly instances: CoreInstance[];
  /** Resource types defined so far, for ids. */
  resources: number;
  /** Instantiations and declared types that are open at the moment. */
  depth: number;
}

/** Append to the plan's core instances and to the scope's. */
export function addCoreInstance(decoding: Decoding, scope: Scope, instance: CoreInstance, offset: number): void {
  if (decoding.instances.length >= decoding.limits.coreInstances) {
    throw tooMany(offset, 'it has too many core instances', decoding.limits.coreInstances);
  }
  scope.coreInstances.push(decoding.instances.length);
  decoding.instances.push(instance);
}

/** Add a core module, once for each place in the file. */
export function addCoreModule(decoding: Decoding, scope: Scope, body: Reader): void {
  const offset = body.offset;
  let index = decoding.moduleAt.get(offset);
  if (index === undefined) {
    index = decoding.modules.length;
    if (index >= decoding.limits.coreModules) {
      throw tooMany(offset, 'it has too many core modules', decoding.limits.coreModules);
    }
    decoding.modules.push(body.rest());
    decoding.moduleAt.set(offset, index);
  }
  scope.coreModules.push(index);
}

/**
 * Run `body` one level deeper.
 *
 * Counts what is open at once rather than what is written inside what: components that instantiate their elder siblings
 * nest as deep as their number, without any of them standing inside another.
 */
export function nested<T>(decoding: Decoding, offset: number, body: () => T): T {
  if (decoding.depth >= decoding.limits.nestingDepth) {
    throw tooMany(offset, 'components or types nest too deeply', decoding.limits.nestingDepth);
  }
  decoding.depth++;
  try {
    return body();
  } finally {
    decoding.depth--;
  }
}
