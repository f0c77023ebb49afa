/** A plugin's source folder: its manifest source `plugin.json`, and the language it is written in. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import { type Manifest, parseManifest } from '../package/index.js';
import { CONFIG_FILE, DEFAULT_ENTRY } from './assemblyscript/index.js';

const PLUGIN_FILE = 'plugin.json';

export type Language = 'assemblyscript';

/** Spellings that `create --lang` takes. */
const LANGUAGES: ReadonlyMap<string, Language> = new Map([
  ['assemblyscript', 'assemblyscript'],
  ['as', 'assemblyscript'],
]);

export interface Project {
  /** Absolute. */
  readonly dir: string;
  readonly manifest: Manifest;
  readonly language: Language;
  /** DIR/<basename of DIR>.sif, absolute. */
  readonly defaultOutput: string;
}

/**
 * @throws PluginError `COMPILE_FAILED` if the folder is no project or its language is not known here; `IO_FAILED` if it cannot
 *   be read; `MANIFEST_INVALID`.
 */
export async function openProject(path: string): Promise<Project> {
  const dir = resolve(path);
  const manifestPath = join(dir, PLUGIN_FILE);
  const bytes = await readFile(manifestPath).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') {
      throw new PluginError('IO_FAILED', `Cannot read ${quote(manifestPath)}: ${cause.code ?? cause.message}`, {
        cause,
      });
    }
    throw new PluginError('COMPILE_FAILED', `Cannot compile ${quote(path)}: there is no ${PLUGIN_FILE} in it`, {
      hint: `Start a project with: wasm-plugin create ${path} NAME`,
      cause,
    });
  });
  return {
    dir,
    manifest: parseManifest(bytes),
    language: await detectLanguage(dir, path),
    defaultOutput: join(dir, `${basename(dir)}.sif`),
  };
}

/** @throws PluginError `COMPILE_FAILED` for a language without a toolchain here. */
export function parseLanguage(name: string): Language {
  const language = LANGUAGES.get(name.toLowerCase());
  if (language === undefined) {
    throw new PluginError('COMPILE_FAILED', `Cannot work with language ${quote(name)}: assemblyscript was expected`);
  }
  return language;
}

async function detectLanguage(dir: string, path: string): Promise<Language> {
  for (const file of [CONFIG_FILE, DEFAULT_ENTRY]) {
    if (await stat(join(dir, file)).catch(() => undefined)) {
      return 'assemblyscript';
    }
  }
  throw new PluginError(
    'COMPILE_FAILED',
    `Cannot compile ${quote(path)}: no known language, it has neither ${CONFIG_FILE} nor ${DEFAULT_ENTRY}`,
    { hint: 'Only AssemblyScript projects are compiled here; docs/other-languages.md says how to build others.' },
  );
}
