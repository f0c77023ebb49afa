/**
 * Limits in a process of their own: they hold in its very first call, and after they have struck nothing is left that keeps the process
 * alive.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostOptions } from '../../host/index.js';
import { buildWorkers } from '../../scripts/build-workers.mjs';
import { SLEEP } from '../support/attack-parts.js';
import { type Attacker, MODES, packAttacker } from '../support/siege.js';

const FOR_EVER = '(loop $again (br $again))';
const CALL = '(call $call (i32.const 0) (i32.const 0) (i32.const 2048))';
const PATIENCE_MS = 240_000;

const ATTACKS: Readonly<Record<string, { attacker: Attacker; limits: HostOptions['limits']; code: string }>> = {
  loop: { attacker: { attack: FOR_EVER }, limits: { deadlineMs: 2000 }, code: 'DEADLINE_EXCEEDED' },
  sleep: { attacker: { ...SLEEP, attack: SLEEP.forDays }, limits: { deadlineMs: 2000 }, code: 'DEADLINE_EXCEEDED' },
  fuel: { attacker: { attack: FOR_EVER }, limits: { fuel: 100_000 }, code: 'FUEL_EXHAUSTED' },
  calls: {
    attacker: { attack: `(loop $again ${CALL} (br $again))` },
    limits: { capabilityCalls: 10 },
    code: 'LIMIT_EXCEEDED',
  },
  message: {
    attacker: { attack: '(return (call $answer (i32.const 0) (i32.const 0) (i32.const -1)))' },
    limits: { messageMiB: 1 },
    code: 'LIMIT_EXCEEDED',
  },
  stack: { attacker: { main: '(func $f (call $f))', attack: '(call $f)' }, limits: {}, code: 'GUEST_TRAP' },
};

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-limits-'));
  await buildWorkers(join(folder, 'workers'));
  await build({
    entryPoints: [fileURLToPath(new URL('../support/limits-child.ts', import.meta.url))],
    outfile: join(folder, 'bin/child.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    // What the bundle takes from CommonJS packages asks for it.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  for (const [name, { attacker }] of Object.entries(ATTACKS)) {
    writeFileSync(join(folder, `${name}.sif`), await packAttacker(attacker));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a process writes that attacks a host of its own. It has to end by itself. */
function child(name: string, options: HostOptions, what: string) {
  const args = [join(folder, 'bin/child.mjs'), join(folder, `${name}.sif`), JSON.stringify(options), what];
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, args, { timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
    });
  });
}

describe.each(MODES)('a process, %s', (isolation) => {
  for (const [name, { limits, code }] of Object.entries(ATTACKS)) {
    test(`whose very first call is an attack (${name}) goes on, and has nothing left when the host is closed`, async () => {
      const stdout = `${code}\nanswered 1 2 3 4 5\n[]\n`;
      expect(await child(name, { isolation, limits }, 'close')).toEqual({ code: 0, stdout, stderr: '' });
    });
  }

  for (const name of ['loop', 'sleep']) {
    const { limits, code } = ATTACKS[name]!;
    test(`that was idle for a while ends an attack (${name})`, async () => {
      const stdout = `answered 1 2 3 4 5\n${code}\nanswered 1 2 3 4 5\n`;
      expect(await child(name, { isolation, limits }, 'asleep')).toEqual({ code: 0, stdout, stderr: '' });
    });

    test(`ends by itself after an attack (${name}), although nobody closes the host`, async () => {
      expect(await child(name, { isolation, limits }, 'leave')).toEqual({ code: 0, stdout: `${code}\n`, stderr: '' });
    });
  }
});
