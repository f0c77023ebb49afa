/** The generated .wit files, read by the reference tool: jco's build of wasm-tools. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew, componentWit, print } from '@bytecodealliance/jco';
import { expect, test } from 'vitest';
import { capabilities, hooks } from '../../host/abi/index.js';

const folder = join(import.meta.dirname, '../../guest-sdk/wit');

/** A package's files as one nested package, since the tool's in-memory entry takes a single source. */
function nestedPackage(name: string): string {
  const files = readdirSync(join(folder, name)).map((file) => readFileSync(join(folder, name, file), 'utf8'));
  const header = `package wasm-plugin:${name}@1.0.0`;
  for (const text of files) {
    expect(text).toContain(`${header};`);
  }
  return `${header} {\n${files.map((text) => text.replace(`${header};`, '')).join('\n')}\n}`;
}

test('a world of all hooks and capabilities becomes a component with exactly their ids', async () => {
  const imports = Object.values(capabilities).map(({ id }) => `import ${id};`);
  const exports = Object.values(hooks).map(({ id }) => `export ${id};`);
  const world = `package test:all;\nworld all {\n${[...imports, ...exports].join('\n')}\n}`;
  const witSource = [world, nestedPackage('hook'), nestedPackage('host')].join('\n');
  const component = await componentNew(await componentEmbed({ witSource, dummy: true, world: 'all' }), []);
  const wit = await componentWit(component);
  for (const line of [...imports, ...exports]) {
    expect(wit).toContain(line);
  }
  const functions = (await print(component)).match(/\(param "request" \d+\) \(result \d+\)/g);
  expect(functions?.length).toBeGreaterThanOrEqual(imports.length + exports.length);
});
