/** Stores to test on: in a folder of their own, with records and packages made up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { changeSync } from '../../host/store/change.js';
import type { StoreContext } from '../../host/store/context.js';
import { nodeFiles } from '../../host/store/files.js';
import { sha256Hex } from '../../host/store/hash.js';
import type { Store } from '../../host/store/index.js';
import { openStore } from '../../host/store/index.js';
import { layoutOf } from '../../host/store/layout.js';
import type { PluginRecord } from '../../host/store/record.js';

export const UID = process.geteuid?.() ?? 0;

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A new empty folder that goes after the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-store-'));
  made.push(folder);
  return folder;
}

/** A store that is not there yet. */
export function newRoot(): string {
  return join(tempFolder(), 'store');
}

/** A store that is not there yet, at a time that does not pass. */
export function newStore(): Store {
  return openStore({ root: newRoot(), kind: 'custom', now: () => new Date('2026-03-04T05:06:07.000Z') });
}

export function contextOf(root: string, changes: Partial<StoreContext> = {}): StoreContext {
  return {
    layout: layoutOf(root),
    kind: 'custom',
    uid: UID,
    owners: [UID],
    readOnly: false,
    files: nodeFiles,
    lockTimeoutMs: 60_000,
    now: () => new Date(0),
    ...changes,
  };
}

/** What stands for a package where nobody looks into it. */
export function fakePackage(name: string, version = '1.0.0'): Uint8Array {
  return Buffer.from(`package of ${name} ${version}`);
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256Hex(bytes)}`;
}

/** A record of `fakePackage(name, version)`. */
export function aRecord(name: string, changes: Partial<PluginRecord> = {}): PluginRecord {
  return {
    name,
    version: '1.0.0',
    digest: digestOf(fakePackage(name, changes.version)),
    enabled: true,
    grants: ['kv'],
    order: 50,
    optional: false,
    overrides: [],
    settings: {},
    installed: '2026-01-02T03:04:05.678Z',
    previous: null,
    hooks: ['wasm-plugin:hook/command@1.0.0'],
    contributes: {
      commands: [{ path: 'greet', summary: 'Say hello' }],
      flags: [{ commands: ['run'], name: 'loud', type: 'bool', usage: 'say it loud' }],
      phases: [{ command: 'version', phases: ['before'] }],
    },
    description: 'A plugin',
    author: 'Someone',
    ...changes,
  };
}

/** Put records and their fake packages into a store, as an install would. */
export function put(context: StoreContext, ...records: readonly PluginRecord[]): void {
  changeSync(context, 'set up', 1000, (transaction) => {
    for (const record of records) {
      transaction.putPackage(record.digest, fakePackage(record.name, record.version));
      transaction.putRecord(record);
    }
  });
}

/** The code of the PluginError that an action throws or rejects with, or `'ok'`. */
export async function outcome(action: () => unknown): Promise<string> {
  try {
    await action();
    return 'ok';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : `not a PluginError: ${String(error)}`;
  }
}
