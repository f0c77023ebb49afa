/** Builds bench/guests/kernels: core modules that import nothing and export `run(rounds)`. */
import { cachedBuild } from '../../test/support/build-cache.js';
import { compileAssemblyScript } from '../../test/support/compile-assemblyscript.js';

/** Files of bench/guests/kernels; its README says what each is about. */
export const KERNELS = [
  'sieve',
  'fib',
  'mandelbrot',
  'hash',
  'string-map',
  'sha256',
  'json',
  'sort',
  'matrix',
] as const;

/** The standard abort is an import; without it a failed assertion is a trap. */
const OPTIONS = ['--use', 'abort='];

/** One kernel's core module. */
export function buildKernel(name: string): Promise<Uint8Array> {
  const inputs = {
    name: `bench-kernel-${name}`,
    // As seen from test/programs.
    folders: ['../../bench/guests/kernels'],
    toolchain: ['assemblyscript'],
    options: [name, ...OPTIONS],
  };
  return cachedBuild(inputs, () => compileAssemblyScript(`bench/guests/kernels/${name}.ts`, {}, OPTIONS));
}
