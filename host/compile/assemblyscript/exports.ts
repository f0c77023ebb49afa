/**
 * The core module's exports: hooks under their interface ids, and nothing else that the component does not need.
 *
 * Runs before the optimizer, which then drops what only the removed exports kept alive.
 */
import type { FoundHook } from './find-hooks.js';
import { hookFunction, POST_RETURN, REALLOC } from './glue.js';

/** What is used of the compiler's `binaryen` module and of the module that it wraps. */
export interface Binaryen {
  getExportInfo(ref: number): { readonly kind: number; readonly name: string; readonly value: string };
}
export interface BinaryenModule {
  getNumExports(): number;
  getExportByIndex(index: number): number;
  removeExport(name: string): void;
  addFunctionExport(internalName: string, externalName: string): void;
}

/**
 * The start function's export. A start section would run before the host's functions are linked: a component's imports
 * go through a table that is filled after the core module was instantiated. wit-component calls this name afterwards.
 */
export const START = '_initialize';

const KEPT = new Set(['memory', REALLOC, START]);

export function nameExports(module: BinaryenModule, binaryen: Binaryen, found: readonly FoundHook[]): void {
  const functions = new Map<string, string>();
  const all = Array.from({ length: module.getNumExports() }, (_, index) =>
    binaryen.getExportInfo(module.getExportByIndex(index)),
  );
  for (const { name, value } of all) {
    if (!KEPT.has(name)) {
      functions.set(name, value);
      module.removeExport(name);
    }
  }
  const postReturn = functions.get(POST_RETURN);
  found.forEach(({ id }, index) => {
    const handle = functions.get(hookFunction(index));
    if (handle !== undefined && postReturn !== undefined) {
      module.addFunctionExport(handle, `${id}#handle`);
      module.addFunctionExport(postReturn, `cabi_post_${id}#handle`);
    }
  });
}
