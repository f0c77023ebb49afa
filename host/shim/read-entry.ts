import type { EntryOptions } from './entry-scripts.js';

/** A word as `quoteWord` writes it. */
const WORD = `'(?:[^']|'\\\\'')*'`;

/**
 * What a runtime entry or a hook program was written with, for whoever checks on it.
 *
 * @param text - of the script. @param path - where it is. @returns undefined if nothing can be made of it.
 */
export function readEntry(text: string, path: string): EntryOptions | undefined {
  const variable = (name: string) => unquote(new RegExp(`^${name}=(${WORD})$`, 'm').exec(text)?.[1]);
  const [, own] = /(?: oci| oci-hook)(( --[a-z-]+ '.*) -- "\$@".*)$/m.exec(text) ?? [];
  const option = (name: string) => unquote(new RegExp(` --${name} (${WORD})(?= --)`).exec(own ?? '')?.[1]);
  const direct = new RegExp(`^exec (${WORD}) (${WORD}) oci-hook `, 'm').exec(text);
  const node = variable('node') ?? unquote(direct?.[1]);
  const script = variable('script') ?? unquote(direct?.[2]);
  const [store, state, runtime] = [option('store'), option('state'), option('runtime')];
  if ([node, script, store, state, runtime].includes(undefined)) return undefined;
  return {
    program: [node!, script!],
    store: store!,
    state: state!,
    runtime: runtime!,
    hook: option('hook') ?? path,
    pluginDeadline: option('plugin-deadline'),
  };
}

function unquote(word: string | undefined): string | undefined {
  return word?.slice(1, -1).replaceAll("'\\''", "'");
}
