/** What a manifest adds and the plugin would never hear of. Pure. */
import { hooks, interfaceName } from '../../abi/index.js';
import { quote } from '../../errors/index.js';
import type { PluginPackage } from '../../package/index.js';

/**
 * One sentence if a manifest has commands or phases, whose hook the plugin does not export. A flag is told to other hooks as well.
 *
 * Whoever starts a command of it gets an error, and a phase is not called; the rest of the plugin works.
 */
export function unheardWords({ hooks: exported, manifest }: Pick<PluginPackage, 'hooks' | 'manifest'>): string[] {
  const hook = interfaceName(hooks.command.id);
  if (exported.some((id) => interfaceName(id) === hook)) return [];
  const { commands, phases } = manifest.contributes;
  const words = [
    ...commands.map(({ path }) => `command ${quote(path)}`),
    ...(phases.length === 0 ? [] : ['phases of commands']),
  ];
  if (words.length === 0) return [];
  return [`The plugin adds ${words.join(', ')}, which cannot work: it does not export the hook "command"`];
}
