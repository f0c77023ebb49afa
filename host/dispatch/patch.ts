import type { hooks, Infer } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { parsePointer } from '../grant/index.js';
import { checkConfigSize } from './config-size.js';
import { type Json, type JsonObject, safeKey, toJson } from './json.js';
import { applyOperation, type PatchOperation } from './json-patch.js';

export type PatchOperations = Infer<typeof hooks.engineConfig.response>['patch'];

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
  for (const operation of operations) {
    const problem = applyOperation(config, checkOperation(operation));
    if (problem !== undefined) {
      throw refused(operation, problem);
    }
    // After each one, so that the size is checked between two copies that double it, or two moves that put it deeper.
    checkConfigSize(config);
  }
}

function checkOperation(operation: PatchOperations[number]): PatchOperation {
  const { op } = operation;
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      return { op, path: checkPointer(operation.path), value: checkValue(operation) };
    case 'remove':
      return { op, path: checkPointer(operation.path) };
    case 'move':
    case 'copy':
      if (operation.from === undefined) {
        throw refused(operation, 'it has no source');
      }
      return { op, path: checkPointer(operation.path), from: checkPointer(operation.from) };
    default:
      throw new PluginError(
        'CONFIG_INVALID',
        `Cannot apply patch operation ${quote(op)}: RFC 6902 has no such operation`,
      );
  }
}

function checkValue(operation: PatchOperations[number]): Json {
  if (operation.value === undefined) {
    throw refused(operation, 'it has no value');
  }
  return toJson(operation.value);
}

/** RFC 6901; the whole document cannot be replaced, and no segment may reach a prototype. */
function checkPointer(pointer: string): readonly string[] {
  const segments = parsePointer(pointer);
  if (segments === undefined) {
    throw new PluginError(
      'CONFIG_INVALID',
      `Cannot patch at ${quote(pointer)}: a pointer starts with /, and ~ is followed by 0 or 1`,
    );
  }
  segments.forEach(safeKey);
  return segments;
}

function refused({ op, path }: PatchOperations[number], problem: string): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot apply patch operation ${op} ${quote(path)}: ${problem}`);
}
