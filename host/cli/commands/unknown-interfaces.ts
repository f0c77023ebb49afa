/** What a package needs and this host does not have, for whoever installs it. Pure. */
import { capabilities, hooks, interfaceName, sameMajor } from '../../abi/index.js';
import { quote } from '../../errors/index.js';
import type { PluginPackage } from '../../package/index.js';

const OWN_CAPABILITIES = Object.values(capabilities).map(({ id }) => id);
const OWN_HOOKS = Object.values(hooks).map(({ id }) => id);

/**
 * One sentence for each interface that will not work here.
 *
 * None is a reason to refuse: a plugin may have been made for a later version, where the rest of it works, or for a program
 * with interfaces of its own.
 */
export function unknownInterfaces(content: Pick<PluginPackage, 'hooks' | 'capabilities'>): string[] {
  const unknownTo = (known: readonly string[]) => (id: string) => !known.some((own) => sameMajor(own, id));
  const missing = content.capabilities.filter(unknownTo(OWN_CAPABILITIES));
  return [
    ...missing.map((id) =>
      interfaceName(id).startsWith('wasm-plugin:host/')
        ? `The plugin imports ${quote(id)}, which this version does not offer: calls of it are answered "unsupported"`
        : `The plugin imports ${quote(id)}, which wasm-plugin does not offer: it can only be loaded by a program that does`,
    ),
    ...content.hooks
      .filter((id) => interfaceName(id).startsWith('wasm-plugin:hook/'))
      .filter(unknownTo(OWN_HOOKS))
      .map((id) => `The plugin exports ${quote(id)}, which will not be called by this version`),
  ];
}
