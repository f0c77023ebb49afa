import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { cachedBuild, PROGRAMS } from './build-cache.js';
import { buildComponent } from './build-component.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HOOK = 'acme:echo/echo@1.0.0#handle';

/** Names that a component needs and AssemblyScript cannot spell. */
const EXPORTS = new Map([
  ['handle', HOOK],
  ['postHandle', `cabi_post_${HOOK}`],
  ['realloc', 'cabi_realloc'],
]);

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
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [entry, '--baseDir', ROOT, '--outFile', 'a.wasm', '--runtime', 'minimal', '--optimizeLevel', '3', ...options],
    {
      transforms: [renameExports(entry.replace(/\.ts$/, ''))],
      writeFile: (file, contents) => {
        if (file === 'a.wasm' && typeof contents !== 'string') {
          binary = contents;
        }
      },
    },
  );
  if (error !== null || binary === undefined) {
    throw new Error(`asc failed: ${stderr.toString()}`, { cause: error });
  }
  return binary;
}

type Transform = NonNullable<NonNullable<Parameters<typeof asc.main>[1]>['transforms']>[number];

/**
 * A compiler transform that gives exports their names.
 *
 * @param entry - path of the entry file without its extension, which starts the internal names of its functions.
 */
function renameExports(entry: string): Transform {
  const transform: Pick<Transform, 'afterCompile'> = {
    afterCompile(module) {
      for (const [from, to] of EXPORTS) {
        module.removeExport(from);
        module.addFunctionExport(`${entry}/${from}`, to);
      }
    },
  };
  // The compiler takes plain objects as they are; only classes get the other members.
  return transform as Transform;
}
