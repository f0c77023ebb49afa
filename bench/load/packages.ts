/** The plugins of bench/load.ts as files, in every form that a contender takes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco';
import { buildGuests, ECHO, packGuest } from '../support/guests.js';
import { buildLanguageGuests } from '../support/languages.js';
import { messageOf } from '../support/message.js';
import { ROOT } from '../support/root.js';

/** One plugin. Files are paths. */
export interface Package {
  readonly name: string;
  /** What we load. */
  readonly sif: string;
  /** What jco translates. */
  readonly component: string;
  /** The one core module, for a contender that takes only that. */
  readonly core?: string;
  /** The same functions for Extism. */
  readonly extism?: string;
  readonly hook: string;
  readonly request: Uint8Array;
}

export interface Packages {
  /** One hook that answers with its request. */
  readonly echo: Package;
  /** What three toolchains make of as little. */
  readonly languages: readonly Package[];
  /** The echo plugin once more, with code that no process has seen. */
  unseenEcho(): Promise<Package>;
}

const MESSAGE_BYTES = 64;

/** @param folder - gets the files. */
export async function buildPackages(folder: string): Promise<Packages> {
  const { core, component, extism } = await buildGuests();
  let count = 0;

  function write(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  function writeEcho(label: string, modules: { core: Uint8Array; component: Uint8Array; extism: Uint8Array }): Package {
    return {
      name: 'AssemblyScript, core ABI',
      sif: write(`${label}.sif`, packGuest(modules.component)),
      component: write(`${label}.component.wasm`, modules.component),
      core: write(`${label}.core.wasm`, modules.core),
      extism: write(`${label}.extism.wasm`, modules.extism),
      hook: ECHO,
      request: messageOf(MESSAGE_BYTES).bytes,
    };
  }

  return {
    echo: writeEcho('echo', { core, component, extism }),
    languages: (await buildLanguageGuests()).map(({ name, component: bytes, hook, request }, i) => ({
      name,
      sif: write(`language-${i}.sif`, packGuest(bytes)),
      component: write(`language-${i}.component.wasm`, bytes),
      hook,
      request,
    })),
    async unseenEcho() {
      const number = ++count;
      const numbered = { core: withNumber(core, number), extism: withNumber(extism, number) };
      return writeEcho(`unseen-${number}`, { ...numbered, component: await componentOf(numbered.core) });
    },
  };
}

async function componentOf(binary: Uint8Array): Promise<Uint8Array> {
  const witSource = readFileSync(join(ROOT, 'bench/guests/echo.wit'), 'utf8');
  return componentNew(await componentEmbed({ binary, witSource, world: 'plugin' }), []);
}

/** The same module with a number in a custom section: other bytes, for our cache and for the one of V8. */
function withNumber(module: Uint8Array, number: number): Uint8Array {
  const name = new TextEncoder().encode(`unseen-${String(number).padStart(8, '0')}`);
  // A custom section: its id, its length, the length of its name, its name, no contents.
  const section = new Uint8Array([0, name.byteLength + 1, name.byteLength, ...name]);
  const numbered = new Uint8Array(module.byteLength + section.byteLength);
  numbered.set(module);
  numbered.set(section, module.byteLength);
  return numbered;
}
