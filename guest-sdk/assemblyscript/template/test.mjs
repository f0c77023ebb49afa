// Compiles this plugin and calls its hooks through the command line. Run it with: node test.mjs
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// WASM_PLUGIN names another program than the one in PATH; a .js file is run with Node.
const program = process.env.WASM_PLUGIN ?? 'wasm-plugin';
const [file, ...first] = program.endsWith('js') ? [process.execPath, program] : [program];
const wasmPlugin = (...args) => execFileSync(file, [...first, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const folder = mkdtempSync(join(tmpdir(), 'plugin-test-'));
try {
  const sif = join(folder, 'plugin.sif');
  wasmPlugin('compile', '-o', sif, import.meta.dirname);
  const call = (hook, request) => JSON.parse(wasmPlugin('call', sif, hook, '--input', JSON.stringify(request)));

  const user = { uid: 1000, gid: 1000, name: 'ada' };
  const command = { phase: 'run', path: '{{command}}', args: [], flags: {}, cwd: '/', user };
  assert.equal(call('command', command).stdout, 'Hello, ada!\n');
  assert.equal(call('command', { ...command, args: ['Bob'] }).stdout, 'Hello, Bob!\n');

  const engine = { name: 'builtin', image: '/image', id: 'test', rootless: true };
  const { adjustments } = call('engine-config', { config: { ociVersion: '1.0.2' }, engine, flags: {} });
  assert.deepEqual(adjustments.env, [{ action: 'replace', name: 'GREETING', value: 'hello' }]);

  console.log('ok');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
