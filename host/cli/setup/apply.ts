/** Write what was planned, or remove it: only files that an earlier setup wrote are replaced or removed. */
import { chmodSync, lstatSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import { makeFolders } from '../../folders/index.js';
import { MARK } from '../../shim/index.js';
import { CommandFailure, reasonOf } from '../failure.js';
import type { PlannedFile } from './plan.js';
import { HOOK_NAME } from './plan.js';

export type Outcome = 'written' | 'unchanged' | 'removed' | 'absent';

/** Folders that a setup made, for `--undo`. */
const MADE = '.made-by-setup.json';
const MAX_OWN_BYTES = 1024 * 1024;
/** Less the umask. */
const FOLDER_MODE = 0o777;

/**
 * @returns what happens to each, in order; with `dryRun` nothing does.
 * @throws CommandFailure for a file of somebody else's, before anything is written.
 */
export function applyFiles(files: readonly PlannedFile[], folder: string, dryRun: boolean): Outcome[] {
  const texts = files.map(({ path }) => ownText(path));
  const outcomes = files.map(({ text }, index): Outcome => (texts[index] === text ? 'unchanged' : 'written'));
  if (dryRun) return outcomes;
  const made: string[] = [];
  try {
    for (const file of files) {
      const parent = dirname(file.path);
      const top = attempt('make the folder', parent, () => makeFolders(parent, FOLDER_MODE));
      if (top !== undefined) made.push(...foldersBetween(top, parent));
      attempt('write', file.path, () => replace(file));
    }
  } catch (error) {
    putBack(files, texts);
    for (const path of made.reverse()) removeIfEmpty(path);
    throw error;
  }
  if (made.length > 0) {
    const path = join(folder, MADE);
    writeFileSync(path, `${JSON.stringify([...new Set([...madeFolders(folder), ...made])])}\n`);
  }
  return outcomes;
}

/** The same backwards: files that are ours, then the folders that a setup made, if they are empty. */
export function undoFiles(files: readonly PlannedFile[], folder: string, dryRun: boolean): Outcome[] {
  const outcomes = files.map(({ path }): Outcome => (ownText(path) === undefined ? 'absent' : 'removed'));
  if (dryRun) return outcomes;
  const made = madeFolders(folder);
  for (const { path } of files) attempt('remove', path, () => rmSync(path, { force: true }));
  const others = attempt('read', folder, () => entries(folder)).filter((name) => name !== MADE);
  // Another setup may have put its programs here.
  if (!others.some((name) => name.startsWith('wasm-plugin'))) rmSync(join(folder, MADE), { force: true });
  for (const path of [...made].sort((a, b) => b.length - a.length)) removeIfEmpty(path);
  return outcomes;
}

/** @returns undefined if there is no such file. @throws CommandFailure if it is not ours. */
function ownText(path: string): string | undefined {
  const stats = attempt('look at', path, () => lstatSync(path, { throwIfNoEntry: false }));
  if (stats === undefined) return undefined;
  const text = stats.isFile() && stats.size <= MAX_OWN_BYTES ? readFileSync(path, 'utf8') : '';
  if (text.split('\n', 2).includes(MARK) || isOwnHookFile(text)) return text;
  throw new CommandFailure(`${quote(path, 4096)} is there already, and "wasm-plugin setup" did not write it`, {
    hint: 'Move it away, or choose another folder with --dir or --config-dir',
  });
}

/** JSON has no comments. */
function isOwnHookFile(text: string): boolean {
  try {
    return (JSON.parse(text) as { hook?: { args?: string[] } } | null)?.hook?.args?.[0] === HOOK_NAME;
  } catch {
    return false;
  }
}

function putBack(files: readonly PlannedFile[], texts: readonly (string | undefined)[]): void {
  for (const [index, file] of files.entries()) {
    const text = texts[index];
    if (text === undefined) rmSync(file.path, { force: true });
    else if (readFileSync(file.path, 'utf8') !== text) replace({ ...file, text });
  }
}

function replace({ path, text, mode }: PlannedFile): void {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    writeFileSync(draft, text, { flag: 'wx' });
    chmodSync(draft, mode);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function foldersBetween(top: string, path: string): string[] {
  return path === top || path === dirname(path) ? [top] : [...foldersBetween(top, dirname(path)), path];
}

function madeFolders(folder: string): string[] {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, MADE), 'utf8'));
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody else has put something into it.
  }
}

function attempt<T>(what: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof CommandFailure) throw cause;
    throw new PluginError('IO_FAILED', `Cannot ${what} ${quote(path, 4096)}: ${reasonOf(cause)}`, { cause });
  }
}
