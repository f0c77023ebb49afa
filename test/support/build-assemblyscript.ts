import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedBuild, PROGRAMS } from './build-cache.js';
import { buildComponent } from './build-component.js';
import { compileAssemblyScript, type Renames } from './compile-assemblyscript.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HOOK = 'acme:echo/echo@1.0.0#handle';

const RENAMES: Renames = { handle: [HOOK], postHandle: [`cabi_post_${HOOK}`], realloc: ['cabi_realloc'] };

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
  const entry = relative(ROOT, join(PROGRAMS, 'assemblyscript', `${name}.ts`));
  return cachedBuild(inputs, async () =>
    buildComponent(await compileAssemblyScript(entry, RENAMES, options), wit, adapter),
  );
}
