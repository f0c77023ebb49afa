import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cachedBuild, PROGRAMS } from './build-cache.js';
import { buildComponent } from './build-component.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HOOK = 'acme:echo/echo@1.0.0#handle';

/** Names that a component needs and AssemblyScript cannot spell. */
const RENAMES = JSON.stringify({ handle: HOOK, postHandle: `cabi_post_${HOOK}`, realloc: 'cabi_realloc' });

/** The echo program in AssemblyScript with console.log, through wasi-shim and the preview1 adapter. */
export function buildAssemblyScriptConsoleEcho(): Promise<Uint8Array> {
  const shim: { options: { lib: string; use: string[] } } = JSON.parse(
    readFileSync(fileURLToPath(import.meta.resolve('@assemblyscript/wasi-shim/asconfig.json')), 'utf8'),
  );
  const lib = fileURLToPath(import.meta.resolve(`@assemblyscript/wasi-shim/${shim.options.lib}`));
  const use = shim.options.use.flatMap((alias) => ['--use', alias]);
  return buildAssemblyScript('echo-console', 'echo', true, [
    '--lib',
    relative(ROOT, lib),
    ...use,
    '--exportStart',
    '_initialize',
  ]);
}

/** The echo program in AssemblyScript with the log capability: imports nothing else. */
export function buildAssemblyScriptLogEcho(): Promise<Uint8Array> {
  return buildAssemblyScript('echo-log', 'echo-log', false, ['--use', 'abort=trapOnAbort']);
}

function buildAssemblyScript(name: string, wit: string, adapter: boolean, options: string[]): Promise<Uint8Array> {
  const inputs = {
    name: `assemblyscript-${name}`,
    folders: ['assemblyscript', 'wit'],
    toolchain: ['assemblyscript', '@assemblyscript/wasi-shim', '@bytecodealliance/jco'],
    options: [name, ...options],
  };
  return cachedBuild(inputs, async () => buildComponent(await compile(name, options), wit, adapter));
}

async function compile(name: string, options: string[]): Promise<Uint8Array> {
  const entry = relative(ROOT, join(PROGRAMS, 'assemblyscript', `${name}.ts`));
  const folder = await mkdtemp(join(tmpdir(), 'asc-'));
  try {
    const outFile = join(folder, 'a.wasm');
    const script = fileURLToPath(new URL('run-asc.mjs', import.meta.url));
    const target = [
      '--baseDir',
      ROOT,
      '--outFile',
      relative(ROOT, outFile),
      '--runtime',
      'minimal',
      '--optimizeLevel',
      '3',
    ];
    await promisify(execFile)(process.execPath, [script, RENAMES, entry, ...target, ...options], { cwd: ROOT });
    return new Uint8Array(await readFile(outFile));
  } finally {
    await rm(folder, { recursive: true });
  }
}
