/**
 * Write what derives from the schemas of host/abi: the `.wit` files, docs/abi.md and the SDKs' message classes.
 *
 *   npm run generate              write the files
 *   npm run generate -- --check   write nothing, exit 1 if a file is not what would be written
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { assemblyscript } from './generate/assemblyscript.mjs';
import { abiDocument } from './generate/document.mjs';
import { loadAbi, root } from './generate/load-abi.mjs';
import { wit } from './generate/wit.mjs';

const abi = await loadAbi();
const files = new Map([...wit(abi), ...abiDocument(abi), ...assemblyscript(abi)]);
const stale = [];

for (const [path, text] of files) {
  const file = join(root, path);
  const current = await readFile(file, 'utf8').catch(() => undefined);
  if (current !== text) {
    stale.push(relative(root, file));
  }
}

if (process.argv.includes('--check')) {
  for (const path of stale) {
    console.error(`ERROR:   ${path} is not what the schemas say`);
  }
  if (stale.length > 0) {
    console.error('HINT:    Run `npm run generate` and commit the result.');
    process.exitCode = 1;
  }
} else {
  for (const path of stale) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), files.get(path));
    console.log(`wrote ${path}`);
  }
}
