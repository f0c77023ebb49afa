/**
 * A process that works on a store, to be killed or to compete with others. Bundled by test/support/store-process.ts.
 *
 * Its one argument is a JSON list of words:
 *   ["killed-at", root, step, action, ...]   do the action, and die before that step
 *   ["install", root, name, ...versions]     one after the other
 *   ["churn", root, name]                    install, upgrade and uninstall for ever
 *   ["count", lock, file, times]             add 1 to the number in the file, under the lock
 *   ["kv", folder, prefix, times]            set that many keys; ["kv-churn", folder] sets two for ever
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Files } from '../../host/store/index.js';
import { nodeFiles, openKv, openStore } from '../../host/store/index.js';
import { takeLock } from '../../host/store/lock.js';
import { aPackage } from './store-packages.js';

const [command, path = '', ...rest] = JSON.parse(process.argv[2] ?? '[]') as string[];

/** Files that end this process before a step. */
function deadlyFiles(at: number): Files {
  let steps = 0;
  return new Proxy(nodeFiles, {
    get(target, name: keyof Files) {
      if (steps++ === at) {
        process.kill(process.pid, 'SIGKILL');
      }
      return target[name];
    },
  });
}

async function act(files: Files, [action, name = '', version = '']: readonly string[]): Promise<void> {
  const store = openStore({ root: path, kind: 'custom', files });
  if (action === 'install') {
    await store.install(aPackage(name, version));
  } else if (action === 'uninstall') {
    await store.uninstall(name);
  } else {
    await store.setEnabled(name, false);
  }
}

async function count(file: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const lock = await takeLock(path, 60_000);
    const before = Number(readFileSync(file, 'utf8'));
    // Wide open for anybody else who thinks that it has the lock.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
    writeFileSync(file, String(before + 1));
    lock.release();
  }
}

switch (command) {
  case 'killed-at':
    await act(deadlyFiles(Number(rest[0])), rest.slice(1));
    break;
  case 'install':
    for (const version of rest.slice(1)) {
      await openStore({ root: path, kind: 'custom', lockTimeoutMs: 60_000 }).install(aPackage(rest[0] ?? '', version));
    }
    break;
  case 'churn':
    for (let i = 0; ; i++) {
      const store = openStore({ root: path, kind: 'custom', lockTimeoutMs: 60_000 });
      await store.install(aPackage(rest[0] ?? '', `${i}.0.0`));
      await store.install(aPackage(rest[0] ?? '', `${i}.1.0`));
      await store.uninstall(rest[0] ?? '');
    }
  case 'count':
    await count(rest[0] ?? '', Number(rest[1]));
    break;
  case 'kv':
    for (let i = 0; i < Number(rest[1]); i++) {
      openKv(path, { quotaBytes: 1 << 20, lockTimeoutMs: 60_000 }).set(`${rest[0]}${i}`, Buffer.from(String(i)));
    }
    break;
  case 'kv-churn':
    for (let i = 0; ; i++) {
      const kv = openKv(path, { quotaBytes: 1 << 20, lockTimeoutMs: 60_000 });
      kv.set('a', Buffer.alloc(1000, i));
      kv.set('b', Buffer.alloc(1000, i));
      kv.delete('b');
    }
  default:
    throw new Error(`unknown command ${command}`);
}
