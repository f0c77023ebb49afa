/**
 * Bring the files in test/corpus/{good,bad}/ up to date with test/support/corpus/.
 *
 *   node scripts/corpus.mjs            exit 1 if files differ from what the generators make
 *   node scripts/corpus.mjs --update   write them, and remove those that are no longer made
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { root } from './generate/load-abi.mjs';

const folder = join(root, 'test/corpus');
const update = process.argv.includes('--update');
const made = (await loadGenerators()).corpusFiles();

for (const [path, bytes] of made) {
  const current = await readFile(join(folder, path)).catch(() => undefined);
  if (current !== undefined && Buffer.compare(current, bytes) === 0) {
    continue;
  }
  if (update) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    console.log(`wrote test/corpus/${path}`);
  } else {
    complain(`${path} is not what its generator makes`);
  }
}

for (const path of await keptFiles()) {
  if (made.has(path)) {
    continue;
  }
  if (update) {
    await rm(join(folder, path));
    console.log(`removed test/corpus/${path}`);
  } else {
    complain(`${path} is made by no generator`);
  }
}

function complain(problem) {
  console.error(`ERROR:   test/corpus/${problem}`);
  process.exitCode = 1;
}

async function keptFiles() {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.parentPath !== folder)
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Bundled in memory: Node 20 does not run TypeScript. */
async function loadGenerators() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'test/support/corpus/files.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
