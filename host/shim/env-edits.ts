/** Variables of a container, `NAME=value` strings, before and after the plugins. */
import type { EnvEdit } from './run-state.js';

/** What changed, by name. The last of several entries of one name counts, as for programs. */
export function compareEnv(before: readonly string[], after: readonly string[]): EnvEdit[] {
  const [old, now] = [variables(before), variables(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => ({ name, before: old.get(name), after: now.get(name) }));
}

/**
 * Do the same to another process of the container.
 *
 * Its variables are the container's of before the plugins, and those that the user gave for it alone. One that is not as it was
 * before the plugins is the user's, and stays.
 */
export function applyEnvEdits(env: readonly string[], edits: readonly EnvEdit[]): string[] {
  const now = variables(env);
  for (const { name, before, after } of edits) {
    if (now.get(name) !== before) {
      continue;
    }
    if (after === undefined) {
      now.delete(name);
    } else {
      now.set(name, after);
    }
  }
  return [...now].map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
}

/** An entry without `=` has no value; runtimes pass it on all the same. */
function variables(env: readonly string[]): Map<string, string | undefined> {
  return new Map(
    env.map((entry) => {
      const equals = entry.indexOf('=');
      return equals === -1 ? [entry, undefined] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}
