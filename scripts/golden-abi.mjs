/**
 * Bring the bytes in test/golden/abi/ up to date with their JSON.
 *
 *   node scripts/golden-abi.mjs            exit 1 if bytes differ from what the codec writes
 *   node scripts/golden-abi.mjs --update   write them
 *
 * People write `name`, `schema` (a struct of docs/abi.md) and `json`; this fills in `hex`. In decode.json people write `hex`
 * too, in a form that our encoders do not choose, and this fills in `reencoded`. malformed.json is all by hand.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAbi, root } from './generate/load-abi.mjs';
import { allStructs } from './generate/walk.mjs';

const folder = join(root, 'test/golden/abi');
const abi = await loadAbi();
const schemas = new Map(allStructs(abi).map((schema) => [schema.name, schema]));

for (const name of (await readdir(folder)).filter((file) => file.endsWith('.json') && file !== 'malformed.json')) {
  const before = await readFile(join(folder, name), 'utf8');
  const filled = JSON.parse(before).map((vector) => fill(vector, name === 'decode.json'));
  const after = `${JSON.stringify(filled, null, 2)}\n`;
  if (after === before) {
    continue;
  }
  if (process.argv.includes('--update')) {
    await writeFile(join(folder, name), after);
    console.log(`wrote test/golden/abi/${name}`);
  } else {
    console.error(`ERROR:   test/golden/abi/${name} is not what the codec writes`);
    process.exitCode = 1;
  }
}

function fill(vector, byHand) {
  const schema = schemas.get(vector.schema);
  if (schema === undefined) {
    throw new Error(`${vector.name}: there is no struct ${vector.schema}`);
  }
  const read = abi.fromJson(schema, vector.json);
  if (!read.ok) {
    throw new Error(`${vector.name}: ${read.problems.join('; ')}`);
  }
  const { name, json } = vector;
  const hex = Buffer.from(abi.encode(schema, read.value)).toString('hex');
  return byHand
    ? { name, schema: schema.name, json, hex: vector.hex, reencoded: hex }
    : { name, schema: schema.name, json, hex };
}
