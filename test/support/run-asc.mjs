/**
 * Run the AssemblyScript compiler once: `node run-asc.mjs RENAMES ENTRY ARGUMENTS…`.
 *
 * A process of its own, because the compiler keeps the files of `--lib` for every later run in the same process.
 * RENAMES is a JSON object: exported name in the source -> names in the module. AssemblyScript cannot spell a component's names.
 */
import asc from 'assemblyscript/asc';

const [renames, entry, ...options] = process.argv.slice(2);
const prefix = entry.replace(/\.ts$/, '');

const { error } = await asc.main([entry, ...options], {
  stdout: process.stdout,
  stderr: process.stderr,
  transforms: [
    {
      afterCompile(module) {
        for (const [from, names] of Object.entries(JSON.parse(renames))) {
          module.removeExport(from);
          for (const to of names) {
            module.addFunctionExport(`${prefix}/${from}`, to);
          }
        }
      },
    },
  ],
});
process.exitCode = error === null ? 0 : 1;
