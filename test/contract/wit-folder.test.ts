/** The `.wit` files that authors of other languages build with, all together, as a folder of dependencies. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { componentize } from 'componentize-qjs';
import { afterAll, expect, test } from 'vitest';
import { describeComponent } from '../../host/component/index.js';

const WIT = join(import.meta.dirname, '../../guest-sdk/wit');
const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-wit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('guest-sdk/wit is a folder of dependencies for a world with every hook and capability', async () => {
  const names = (kind: string): string[] => readdirSync(join(WIT, kind)).map((file) => basename(file, '.wit'));
  const lines = [
    ...names('host').map((name) => `  import wasm-plugin:host/${name}@1.0.0;`),
    ...names('hook').map((name) => `  export wasm-plugin:hook/${name}@1.0.0;`),
  ];
  mkdirSync(join(folder, 'wit'));
  cpSync(WIT, join(folder, 'wit/deps'), { recursive: true });
  writeFileSync(join(folder, 'wit/world.wit'), `package example:all;\n\nworld plugin {\n${lines.join('\n')}\n}\n`);
  const objects = names('hook').map((name) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
  const { component } = await componentize({
    jsSource: objects.map((name) => `export const ${name} = { handle: (request) => request };`).join('\n'),
    witPath: join(folder, 'wit'),
    world: 'plugin',
    stubWasi: true,
    sync: true,
  });
  const { exports } = describeComponent(new Uint8Array(component));
  expect(exports).toEqual(expect.arrayContaining(names('hook').map((name) => `wasm-plugin:hook/${name}@1.0.0`)));
});
