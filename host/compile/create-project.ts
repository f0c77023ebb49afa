/** A plugin project that compiles and passes its own test: `wasm-plugin create`. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import { validateName } from '../package/index.js';
import { bundledSdk } from './package-root.js';
import { type Language, parseLanguage } from './project.js';

export interface CreateOptions {
  /** `assemblyscript` or `as`. Default: assemblyscript. */
  readonly lang?: string | undefined;
}

export interface CreateResult {
  /** Absolute. */
  readonly dir: string;
  readonly language: Language;
  /** The files that were written, relative to `dir`, in byte order. */
  readonly files: readonly string[];
}

/** npm leaves files of this name out of packages, so the template has it without the dot. */
const RENAMED = new Map([['gitignore', '.gitignore']]);

/**
 * Write a new project into `dir`, which is made if it is not there.
 *
 * @param name - of the plugin, such as `example.com/hello`; its last part becomes the example's command.
 * @throws PluginError `NAME_INVALID`; `COMPILE_FAILED` for an unknown language; `IO_FAILED` if one of the files is there
 *   already, or cannot be written. Then nothing was left behind.
 */
export async function createProject(dir: string, name: string, options: CreateOptions = {}): Promise<CreateResult> {
  validateName(name);
  const language = parseLanguage(options.lang ?? 'assemblyscript');
  const template = join(bundledSdk(), 'template');
  const target = resolve(dir);
  const sources = await listFiles(template);
  const files = new Map(sources.map((path) => [renamed(path), path]));
  for (const path of files.keys()) {
    await refuseExisting(join(target, path));
  }
  const words = new Map([
    ['name', name],
    ['command', commandWord(name)],
  ]);
  const written: string[] = [];
  try {
    for (const [path, source] of files) {
      const text = await readFile(join(template, source), 'utf8');
      const file = join(target, path);
      const firstMade = await mkdir(dirname(file), { recursive: true });
      if (firstMade !== undefined) {
        written.push(firstMade);
      }
      await writeFile(file, fill(text, words), { flag: 'wx' });
      written.push(file);
    }
  } catch (cause) {
    // Folders only where we made them: everything in them is ours.
    await Promise.all(written.map((path) => rm(path, { recursive: true, force: true })));
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError('IO_FAILED', `Cannot create a project in ${quote(dir)}: ${why}`, { cause });
  }
  return { dir: target, language, files: [...files.keys()].sort() };
}

async function listFiles(template: string): Promise<string[]> {
  const entries = await readdir(template, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(template.length + 1))
    .sort();
}

function renamed(path: string): string {
  return RENAMED.get(path) ?? path;
}

async function refuseExisting(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) {
    throw new PluginError('IO_FAILED', `Cannot create ${quote(path)}: it is there already`, {
      hint: 'Name a folder that is new or empty.',
    });
  }
}

/** A command's words are letters, digits and hyphens; a name's last part may have dots too. */
function commandWord(name: string): string {
  return name
    .slice(name.lastIndexOf('/') + 1)
    .replaceAll('.', '-')
    .slice(0, 64);
}

/** Replace `{{word}}`. The words are a checked name and what derives from it: safe in JSON, source and Markdown. */
function fill(text: string, words: ReadonlyMap<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (all, word: string) => words.get(word) ?? all);
}
