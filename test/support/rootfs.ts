/** Attacks on a root file system in the making, beside a tree that must not change. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Refusal, type Rootfs, removeRootfs } from '../../host/capability/index.js';
import { fingerprint } from './tree.js';

/** Ids to act as. */
export interface Actor {
  readonly name: string;
  readonly id: number;
}

const USER: Actor = { name: 'uid 1001', id: 1001 };

/** Root and a user, or whoever runs the tests if that is not root. */
export function actors(): readonly Actor[] {
  const id = process.getuid?.() ?? 0;
  return id === 0 ? [{ name: 'root', id }, USER] : [{ name: `uid ${id}`, id }];
}

/** Run with the rights of `actor`, and of no groups. */
export function actingAs<T>(actor: Actor, act: () => T): T {
  if (actor.id === process.geteuid?.()) {
    return act();
  }
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([]);
  process.setegid?.(actor.id);
  process.seteuid?.(actor.id);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}

export interface Places {
  /** An empty folder for the new root. */
  readonly dir: string;
  /** Beside it, with `secret`, `folder/file` and `link`: all the actor's own, so that only the rules protect it. */
  readonly outside: string;
}

/**
 * Run `act` as `actor`; afterwards nothing outside of the new root may have changed, and all is removed.
 *
 * @param look - what to see before that, with the rights of who runs the tests: an image may lock out its owner.
 */
export function besideCanary<T>(actor: Actor, act: (places: Places) => T, look: (result: T) => void = () => {}): T {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'wasm-plugin-rootfs-')));
  const [dir, outside] = [join(base, 'root'), join(base, 'outside')];
  try {
    chownSync(base, actor.id, actor.id);
    chmodSync(base, 0o755);
    actingAs(actor, () => {
      mkdirSync(dir);
      mkdirSync(join(outside, 'folder'), { recursive: true });
      writeFileSync(join(outside, 'secret'), 'secret');
      writeFileSync(join(outside, 'folder/file'), 'file');
      symlinkSync('secret', join(outside, 'link'));
    });
    const before = fingerprint(outside);
    const result = actingAs(actor, () => act({ dir, outside }));
    expect(fingerprint(outside)).toBe(before);
    look(result);
    return result;
  } finally {
    removeRootfs(base);
  }
}

/** `ok`, or the code of the refusal. Anything else that is thrown fails the test. */
export function outcome(act: () => unknown): string {
  try {
    act();
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal) {
      return error.code;
    }
    throw error;
  }
}

/** A file that ends with its content, in one word. */
export function put(root: Rootfs, path: string, text = 'x'): void {
  root.file(path, {}, Buffer.from(text));
}
