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

/** A C program that traps, with names and DWARF as `clang -g` leaves them; see `test/programs/c/trap.c`. */
export function buildCTrap(): Promise<Uint8Array> {
  return buildC('trap', DEBUG);
}

/** What differs between a release and what an author debugs. */
interface Flags {
  readonly compile: readonly string[];
  readonly link: readonly string[];
}

const RELEASE: Flags = { compile: [], link: ['-s'] };
const DEBUG: Flags = { compile: ['-g'], link: [] };

function buildC(name: string, flags = RELEASE): Promise<Uint8Array> {
  const inputs = {
    name: `c-${name}`,
    folders: ['c', 'wit'],
    toolchain: ['@yowasp/clang', '@bytecodealliance/jco'],
    options: [name, ...flags.compile, ...flags.link],
  };
  return cachedBuild(inputs, async () => buildComponent(await compileAndLink(name, flags), 'echo', true));
}

/** Two steps: the compiler runs in WebAssembly and cannot start the linker itself. */
async function compileAndLink(name: string, flags: Flags): Promise<Uint8Array> {
  // Loads the toolchain; later calls would report on that to the console.
  await runLLVM(undefined, {}, { fetchProgress: () => {} });
  const sources = [`${name}.c`, ...INCLUDED];
  const files = Object.fromEntries(sources.map((file) => [file, readFileSync(join(PROGRAMS, 'c', file), 'utf8')]));
  const compiled = await run(
    'clang',
    commands.clang,
    ['--target=wasm32-wasip1', '-O2', '-Wall', '-Werror', ...flags.compile, '-c', `${name}.c`, '-o', 'a.o'],
    files,
  );
  const linked = await run(
    'wasm-ld',
    commands['wasm-ld'],
    // As `clang -mexec-model=reactor -###` prints it.
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
      ...flags.link,
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
