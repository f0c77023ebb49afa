/** Loading a package before it is installed. Heavy: imported when it is needed. */
import { interfaceName } from '../../abi/index.js';
import { rawCapability } from '../../capability/index.js';
import type { PluginPackage } from '../../package/index.js';
import type { CodeStore, HostCapability } from '../../runtime/index.js';
import { createHost } from '../../runtime/index.js';
import type { CommandContext } from '../context.js';
import { pluginDeadline } from '../plugin-deadline.js';

/** The code that was made of a component, until there is a place for it. */
export interface MadeCode {
  keepIn(code: Pick<CodeStore, 'keep'>): void;
}

/**
 * Load a package as containers will: what is broken inside must not take the place of what works, nor stop containers. Runs no
 * code of it.
 *
 * @param bytes - the file that `content` was read from.
 * @returns code that the first container then need not make.
 * @throws PluginError as `Host.load`, but not for interfaces that only other programs can offer.
 */
export async function tryLoad(context: CommandContext, bytes: Uint8Array, content: PluginPackage): Promise<MadeCode> {
  const made: [key: string, code: Uint8Array][] = [];
  const host = await createHost({ limits: { deadlineMs: pluginDeadline(context) }, capabilities: standIns(content) });
  try {
    await host.load(bytes, { code: { read: () => undefined, keep: (key, code) => made.push([key, code]) } });
  } finally {
    await host.close();
  }
  return {
    keepIn(code) {
      for (const [key, bytes] of made) code.keep(key, bytes);
    },
  };
}

/** For interfaces of other programs: a plugin that was made for those may be installed. Never called. */
function standIns({ capabilities }: PluginPackage): HostCapability[] {
  const names = new Set(capabilities.map(interfaceName).filter((name) => !/^(wasi|wasm-plugin):/.test(name)));
  return [...names].map((id) => ({ id, answer: rawCapability(() => new Uint8Array()) }));
}
