/**
 * V8's code for a part of the command, from an earlier process: parsing and compiling our own 0.6 MB is half of what the part for
 * engines would take before it does anything (docs/benchmarks.md, "Containers").
 *
 * It is kept in the store, which decides what runs anyway, and is believed only where the store is. The key holds the part's text and
 * Node's version; V8 refuses what another build or other flags of it made.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import { type CodeStore, openCodeStore } from '../store/index.js';

const PREFIX = 'command';
const NOTHING = new Uint8Array();
const WRAPPER = ['(function (exports, require, module, __filename, __dirname) {', '\n})'] as const;

type ModuleFunction = (exports: object, require: NodeJS.Require, module: object, path: string, folder: string) => void;

/**
 * `require(path)` for a CommonJS file of ASCII that exports an object.
 *
 * @param require - of the caller, which the file gets too.
 * @param path - absolute.
 * @param store - the folder of the store that keeps the code; undefined: nobody does.
 */
export function requireKept(require: NodeJS.Require, path: string, store: string | undefined): object {
  const code = store === undefined ? undefined : codeOf(store);
  if (code === undefined) return require(path) as object;
  const bytes = readFileSync(path);
  const source = bytes.toString('latin1');
  const key = createHash('sha256').update(`${process.version} ${process.arch}\n`).update(bytes).digest('hex');
  const kept = code.read(key) ?? NOTHING;
  if (kept.byteLength === 0 && code.mayKeep()) code.keep(key, compileAll(source, path).createCachedData());
  const script = compile(source, path, kept.byteLength > 0 ? kept : undefined);
  // Made for other flags, and V8 compiles one text only once in a process: the next one makes it anew.
  if (script.cachedDataRejected === true) code.keep(key, NOTHING);
  const module = { exports: {} };
  (script.runInThisContext() as ModuleFunction)(module.exports, require, module, path, dirname(path));
  return module.exports;
}

/** A store that cannot be trusted is reported by whoever opens it. */
function codeOf(store: string): CodeStore | undefined {
  try {
    return openCodeStore(store, process.geteuid?.() ?? 0, PREFIX);
  } catch {
    return undefined;
  }
}

function compile(source: string, path: string, cachedData?: Uint8Array): Script {
  const data = cachedData && Buffer.from(cachedData.buffer, cachedData.byteOffset, cachedData.byteLength);
  return new Script(WRAPPER.join(source), { filename: path, cachedData: data });
}

/** Every function and not only those that have run, so that it makes no difference which process comes first. */
function compileAll(source: string, path: string): Script {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--no-lazy');
  try {
    return compile(source, path);
  } finally {
    // What is made of it remembers the flags, and must fit those of later processes.
    setFlagsFromString('--lazy');
  }
}

/** What follows `--store` among our own options. */
export function storeIn(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const at = argv.indexOf('--store');
  const store = at !== -1 && at < end ? argv[at + 1] : undefined;
  return store?.startsWith('/') === true ? store : undefined;
}
