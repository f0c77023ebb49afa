import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { deriveWorld } from './world.js';

const HANDLE = '(param i32 i32) (result i32)';

async function worldOf(...fields: string[]) {
  return deriveWorld(new Uint8Array(await parse(`(module ${fields.join(' ')})`)));
}

describe('deriveWorld()', () => {
  test('names hooks and capabilities once each, and nothing else', async () => {
    const world = await worldOf(
      '(import "wasm-plugin:host/log@1.0.0" "call" (func (param i32 i32 i32)))',
      `(func (export "acme:a/type@1.0.0#handle") ${HANDLE} i32.const 0)`,
      `(func (export "cabi_post_acme:a/type@1.0.0#handle") (param i32))`,
      `(func (export "acme:a/b@1.0.0#handle") ${HANDLE} i32.const 0)`,
    );
    expect(world.hooks).toEqual(['acme:a/type@1.0.0', 'acme:a/b@1.0.0']);
    expect(world.capabilities).toEqual(['wasm-plugin:host/log@1.0.0']);
    expect(world.needsWasi).toBe(false);
    // `type` is a word of WIT; one package holds both interfaces.
    expect(world.wit.match(/package %acme:%a@1\.0\.0 \{/g)).toHaveLength(1);
    expect(world.wit).toContain('  export %acme:%a/%type@1.0.0;\n');
  });

  test('leaves WASI to the adapter', async () => {
    const world = await worldOf('(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))');
    expect(world).toMatchObject({ needsWasi: true, capabilities: [] });
  });

  const foreign = [
    { name: 'a function of a browser', from: 'env', func: 'abort' },
    { name: 'an interface without version', from: 'acme:a/b', func: 'call' },
    { name: 'another function of a capability', from: 'wasm-plugin:host/log@1.0.0', func: 'flush' },
  ];
  for (const { name, from, func } of foreign) {
    test(`refuses ${name}`, async () => {
      await expect(worldOf(`(import "${from}" "${func}" (func))`)).rejects.toMatchObject({
        code: 'COMPILE_FAILED',
        message: expect.stringContaining(`"${from}.${func}"`),
      });
    });
  }
});
