import { PluginError } from '../errors/index.js';
import type { Json, JsonObject } from './json.js';

/**
 * What a config may grow to under the hands of plugins: far more than a container needs, and little enough that it can be walked,
 * compared and sent to the next plugin in no time. Deeper or longer ones would not fit into a message (host/abi, scan.ts).
 */
export const CONFIG_LIMITS = {
  /** Levels of lists and objects. */
  depth: 48,
  /** Values, those inside lists and objects included. */
  nodes: 100_000,
  /** Entries of one list; looking things up by key takes time for each. */
  listEntries: 10_000,
  /** UTF-16 units of all keys and texts. */
  chars: 4 * 1024 * 1024,
} as const;

/**
 * Check that a config that a plugin has edited is not above `CONFIG_LIMITS`.
 *
 * @param config - need not be small: the walk stops at the first limit that is passed.
 * @throws PluginError `LIMIT_EXCEEDED`.
 */
export function checkConfigSize(config: JsonObject): void {
  checkSize(config, 'Cannot change the config: it would have');
}

/**
 * The same for one that plugins are to be told of, whoever made it: copying, comparing and writing it recurse, and none of that may
 * depend on how deep a file is.
 *
 * @param config - parsed JSON.
 * @throws PluginError `LIMIT_EXCEEDED`; `CONFIG_INVALID` for a number like 1e999, which is none after parsing and `null` when written.
 */
export function checkGivenConfig(config: JsonObject): void {
  checkSize(config, 'Cannot tell plugins of the config: it has');
}

function checkSize(config: JsonObject, finding: string): void {
  let nodes = 0;
  let chars = 0;

  function tooLarge(what: string): PluginError {
    return new PluginError('LIMIT_EXCEEDED', `${finding} ${what}`);
  }

  function walk(value: Json, depth: number): void {
    nodes += 1;
    if (nodes > CONFIG_LIMITS.nodes) throw tooLarge(`more than ${CONFIG_LIMITS.nodes} values`);
    if (typeof value === 'string') count(value);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new PluginError('CONFIG_INVALID', `${finding} a number that is too large for any program`);
    }
    if (typeof value !== 'object' || value === null) return;
    if (depth === CONFIG_LIMITS.depth) throw tooLarge(`more than ${CONFIG_LIMITS.depth} levels`);
    if (Array.isArray(value)) {
      if (value.length > CONFIG_LIMITS.listEntries) {
        throw tooLarge(`a list of ${value.length} entries, the limit is ${CONFIG_LIMITS.listEntries}`);
      }
      for (const item of value) walk(item, depth + 1);
      return;
    }
    for (const key of Object.keys(value)) {
      count(key);
      walk(value[key] as Json, depth + 1);
    }
  }

  function count(text: string): void {
    chars += text.length;
    if (chars > CONFIG_LIMITS.chars) throw tooLarge(`more than ${CONFIG_LIMITS.chars} characters`);
  }

  walk(config, 0);
}
