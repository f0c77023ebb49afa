import { applyPatch, type Operation } from 'rfc6902';
import type { hooks, Infer } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { checkConfigSize } from './config-size.js';
import { type JsonObject, safeKey, toJson } from './json.js';

export type PatchOperations = Infer<typeof hooks.engineConfig.response>['patch'];

const OPERATIONS: ReadonlySet<string> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);
/** More than any real edit needs; each `copy` may double the document. */
const MAX_OPERATIONS = 1000;

/**
 * Apply RFC 6902 operations.
 *
 * @param config - modified in place, so give a copy.
 * @throws PluginError `CONFIG_INVALID` that names the operation which failed; `LIMIT_EXCEEDED`. The config is then half
 *   edited: drop it.
 */
export function applyConfigPatch(config: JsonObject, operations: PatchOperations): void {
  if (operations.length > MAX_OPERATIONS) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot apply ${operations.length} patch operations: the limit is ${MAX_OPERATIONS}`,
    );
  }
  for (const { op, path, from, value } of operations) {
    if (!OPERATIONS.has(op)) {
      throw new PluginError(
        'CONFIG_INVALID',
        `Cannot apply patch operation ${quote(op)}: RFC 6902 has no such operation`,
      );
    }
    const operation = {
      op,
      path: checkPointer(path),
      ...(from === undefined ? {} : { from: checkPointer(from) }),
      ...(value === undefined ? {} : { value: toJson(value) }),
    };
    // One at a time, so that the size is checked between two copies that double it, or two moves that put it deeper.
    const [error] = applyPatch(config, [operation as unknown as Operation]);
    if (error) {
      throw new PluginError(
        'CONFIG_INVALID',
        `Cannot apply patch operation ${op} ${quote(path)}: ${error.message || error.name}`,
        {
          cause: error,
        },
      );
    }
    checkConfigSize(config);
  }
}

/** RFC 6901; the whole document cannot be replaced, and no segment may reach a prototype. */
function checkPointer(pointer: string): string {
  if (!pointer.startsWith('/')) {
    throw new PluginError('CONFIG_INVALID', `Cannot patch at ${quote(pointer)}: a pointer starts with /`);
  }
  for (const segment of pointer.split('/')) {
    safeKey(segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return pointer;
}
