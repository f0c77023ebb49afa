import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Tree } from '@yowasp/clang';
import { commands, runLLVM } from '@yowasp/clang';
import { cachedBuild, PROGRAMS } from './build-cache.js';
import { buildComponent } from './build-component.js';

const INCLUDED = ['plugin.h'];
const LIBRARIES = '/usr/lib/wasm32-wasip1';
const BUILTINS = '/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a';

/** The echo program in C: printf through the preview1 adapter. */
export function buildCEcho(): Promise<Uint8Array> {
  return buildC('echo');
}

/** A C program that looks for the host, exits, aborts and sleeps; see `test/programs/c/surroundings.c`. */
export function buildCSurroundings(): Promise<Uint8Array> {
  return buildC('surroundings');
}

function buildC(name: string): Promise<Uint8Array> {
  const inputs = {
    name: `c-${name}`,
    folders: ['c', 'wit'],
    toolchain: ['@yowasp/clang', '@bytecodealliance/jco'],
    options: [name],
  };
  return cachedBuild(inputs, async () => buildComponent(await compileAndLink(name), 'echo', true));
}

/** Two steps: the compiler runs in WebAssembly and cannot start the linker itself. */
async function compileAndLink(name: string): Promise<Uint8Array> {
  // Loads the toolchain; later calls would report on that to the console.
  await runLLVM(undefined, {}, { fetchProgress: () => {} });
  const sources = [`${name}.c`, ...INCLUDED];
  const files = Object.fromEntries(sources.map((file) => [file, readFileSync(join(PROGRAMS, 'c', file), 'utf8')]));
  const compiled = await run(
    'clang',
    commands.clang,
    ['--target=wasm32-wasip1', '-O2', '-Wall', '-Werror', '-c', `${name}.c`, '-o', 'a.o'],
    files,
  );
  const linked = await run(
    'wasm-ld',
    commands['wasm-ld'],
    // As `clang -mexec-model=reactor -###` prints it, with the names stripped.
    [
      '-m',
      'wasm32',
      `-L${LIBRARIES}`,
      `${LIBRARIES}/crt1-reactor.o`,
      '--entry',
      '_initialize',
      'a.o',
      '-lc',
      BUILTINS,
      '-s',
      '-o',
      'a.wasm',
    ],
    { 'a.o': fileOf(compiled, 'a.o') },
  );
  return fileOf(linked, 'a.wasm');
}

async function run(program: string, command: Command, args: string[], files: Tree): Promise<Tree> {
  const decoder = new TextDecoder();
  let output = '';
  const collect = (bytes: Uint8Array | null) => {
    output += bytes === null ? '' : decoder.decode(bytes);
  };
  try {
    const result = await command(args, files, { stdout: collect, stderr: collect });
    return result ?? {};
  } catch (error) {
    throw new Error(`${program} failed: ${output}`, { cause: error });
  }
}

function fileOf(tree: Tree, name: string): Uint8Array {
  const file = tree[name];
  if (!(file instanceof Uint8Array)) {
    throw new Error(`The toolchain did not write ${name}`);
  }
  return file;
}
