import { quote } from '../../errors/index.js';
import type { RunCommand } from '../context.js';
import { tellLifecycle } from './lifecycle.js';
import { forEachNamed } from './named.js';

/** `uninstall`: a disabled plugin is removed without a word to it, which is the way out for one that hangs. */
export const run: RunCommand = (context, parsed) =>
  forEachNamed(context, parsed, async (store, name) => {
    if (isEnabled(store, name)) await tellLifecycle(context, store, name, 'uninstalling');
    await store.uninstall(name);
    context.io.stdout.write(`Uninstalled plugin ${quote(name)}.\n`);
  });

/** A record that cannot be read must still be removable. */
function isEnabled(store: { get(name: string): { enabled: boolean } | undefined }, name: string): boolean {
  try {
    return store.get(name)?.enabled === true;
  } catch {
    return false;
  }
}
