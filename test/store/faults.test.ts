/** Every step of every change fails once, and once is the last one before a kill: what was there must still be. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Files, Store } from '../../host/store/index.js';
import { nodeFiles, openKv, openStore } from '../../host/store/index.js';
import { layoutOf } from '../../host/store/layout.js';
import { outcome, tempFolder } from '../support/store.js';
import { aPackage } from '../support/store-packages.js';

type Step = keyof Files;

/** `fail`: this step alone fails. `half`: it does its work, then fails. `kill`: it and all after it never happen. */
type Fault = 'fail' | 'half' | 'kill';

const FAULTS: readonly Fault[] = ['fail', 'half', 'kill'];
const SAID: Readonly<Record<Fault, string>> = { fail: 'fails', half: 'fails after its work', kill: 'is the last one' };

/** Files whose step number `at`, counted from 0, goes wrong. */
function faulty(at: number, fault: Fault): { files: Files; steps: Step[] } {
  const steps: Step[] = [];
  const error = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const step =
    <K extends Step>(name: K): ((...args: Parameters<Files[K]>) => ReturnType<Files[K]>) =>
    (...args) => {
      const number = steps.push(name) - 1;
      const real = nodeFiles[name] as (...args: Parameters<Files[K]>) => ReturnType<Files[K]>;
      if (number < at || (number > at && fault !== 'kill')) {
        return real(...args);
      }
      if (number === at && fault !== 'fail' && name === 'write') {
        const [file, bytes] = args as unknown as [number, Uint8Array];
        nodeFiles.write(file, bytes.subarray(0, bytes.byteLength / 2));
      } else if (number === at && fault === 'half') {
        real(...args);
      } else if (name === 'close') {
        // A killed process closes its files too.
        real(...args);
      }
      throw error;
    };
  const files: Files = {
    makeFolder: step('makeFolder'),
    create: step('create'),
    write: step('write'),
    sync: step('sync'),
    close: step('close'),
    link: step('link'),
    rename: step('rename'),
    remove: step('remove'),
    removeFolder: step('removeFolder'),
    syncFolder: step('syncFolder'),
  };
  return { files, steps };
}

const KEPT = 'example.com/kept';
const NAME = 'example.com/foo';

const open = (root: string, files: Files = nodeFiles): Store =>
  openStore({ root, kind: 'custom', files, now: () => new Date(0), lockTimeoutMs: 100 });

interface Scenario {
  readonly name: string;
  readonly before: (store: Store) => Promise<unknown>;
  readonly change: (store: Store) => Promise<unknown>;
  /** It changes both plugins, each of them in one step. */
  readonly many?: boolean;
}

const scenarios: Scenario[] = [
  {
    name: 'install',
    before: async () => undefined,
    change: (store) => store.install(aPackage(NAME), { grants: ['kv'] }),
  },
  {
    name: 'upgrade',
    before: (store) => store.install(aPackage(NAME, '1.0.0'), { enabled: false }),
    change: (store) => store.install(aPackage(NAME, '2.0.0')),
  },
  {
    name: 'install of the same version, built again',
    before: (store) => store.install(aPackage(NAME, '1.0.0')),
    change: (store) => store.install(aPackage(NAME, '1.0.0', { description: 'again' })),
  },
  {
    name: 'rollback',
    before: async (store) => {
      await store.install(aPackage(NAME, '1.0.0'));
      await store.install(aPackage(NAME, '2.0.0'));
    },
    change: (store) => store.rollback(NAME),
  },
  {
    name: 'uninstall',
    before: async (store) => {
      await store.install(aPackage(NAME));
      openKv(store.kvDir(NAME), { quotaBytes: 1000 }).set('a', new Uint8Array(3));
    },
    change: (store) => store.uninstall(NAME),
  },
  {
    name: 'disable',
    before: (store) => store.install(aPackage(NAME)),
    change: (store) => store.setEnabled(NAME, false),
  },
  {
    name: 'disable of all',
    before: (store) => store.install(aPackage(NAME)),
    change: (store) => store.setEnabledAll(false),
    many: true,
  },
  {
    name: 'configure',
    before: (store) => store.install(aPackage(NAME)),
    change: (store) => store.configure(NAME, { a: 1 }),
  },
];

/** Everything that a user can see of a store. */
function seen(root: string): string {
  const store = open(root);
  const { plugins, problems } = store.read();
  const packages = plugins.map((record) => store.readPackage(record).byteLength);
  const stored = plugins.map(({ name }) => openKv(store.kvDir(name), { quotaBytes: 1000 }).list(''));
  return JSON.stringify({ plugins, problems: problems.map(({ file }) => file), packages, stored }, null, 1);
}

/** What may be seen when a kill came between two plugins. */
function mixOf(old: string, next: string): string[] {
  const [before, after] = [JSON.parse(old), JSON.parse(next)] as { plugins: unknown[] }[];
  const mixes = [0, 1, 2].map((count) => [
    ...(after?.plugins.slice(0, count) ?? []),
    ...(before?.plugins.slice(count) ?? []),
  ]);
  return mixes.map((plugins) => JSON.stringify({ ...before, plugins }, null, 1));
}

function leftOvers(root: string): string[] {
  const { plugins, packages } = layoutOf(root);
  return [root, plugins, packages].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('.tmp-') || name.startsWith('lock')) : [],
  );
}

for (const { name, before, change, many } of scenarios) {
  describe(name, () => {
    for (const fault of FAULTS) {
      test(`is all or nothing when a step ${SAID[fault]}`, async () => {
        const origin = join(tempFolder(), 'store');
        await open(origin).install(aPackage(KEPT), { grants: ['kv'] });
        await before(open(origin));
        const old = seen(origin);
        const done = copyOf(origin);
        await change(open(done));
        const next = seen(done);
        expect(next).not.toBe(old);

        let ended = false;
        for (let at = 0; !ended; at++) {
          const root = copyOf(origin);
          const { files, steps } = faulty(at, fault);
          const result = await outcome(() => change(open(root, files)));
          ended = steps.length <= at;
          const where = `step ${at}, ${steps[at]}, of ${steps.join(' ')}`;
          const now = seen(root);
          if (fault === 'kill') {
            expect(many === true ? mixOf(old, next) : [old, next], where).toContain(now);
          } else {
            expect(now, where).toBe(result === 'ok' ? next : old);
          }
          expect(['ok', 'IO_FAILED'], where).toContain(result);
          // Whatever was left behind, the next change works, cleans up, and ends where it would have.
          await open(root).configure(KEPT, { a: 1 });
          await open(root).configure(KEPT, {});
          expect(seen(root), where).toBe(now);
          expect(leftOvers(root), where).toEqual([]);
          expect(packagesOf(root), where).toEqual(packagesOf(now === old ? clean(origin) : clean(done)));
          rmSync(root, { recursive: true });
        }
      });
    }
  });
}

function copyOf(root: string): string {
  const copy = join(tempFolder(), 'store');
  cpSync(root, copy, { recursive: true });
  return copy;
}

const packagesOf = (root: string): string[] => readdirSync(layoutOf(root).packages).sort();

/** With only the packages that some record names. */
function clean(root: string): string {
  const copy = copyOf(root);
  const store = open(copy);
  const named = store.list().flatMap(({ digest, previous }) => [digest, previous?.digest ?? digest]);
  for (const name of packagesOf(copy)) {
    if (!named.includes(`sha256:${name.slice(0, -'.sif'.length)}`)) {
      rmSync(join(layoutOf(copy).packages, name));
    }
  }
  return copy;
}

test('the index is never wrong after a step that went wrong', async () => {
  for (const fault of FAULTS) {
    const origin = join(tempFolder(), 'store');
    await open(origin).install(aPackage(NAME));
    for (let at = 0, ended = false; !ended; at++) {
      const root = copyOf(origin);
      // Copying changes the folder's times, so the copy needs an index of its own.
      await open(root).setEnabled(NAME, true);
      expect(readFileSync(layoutOf(root).index, 'utf8')).toContain(NAME);
      const { files, steps } = faulty(at, fault);
      await outcome(() => open(root, files).setEnabled(NAME, false));
      ended = steps.length <= at;
      expect(open(root).read().plugins).toEqual(open(root).check().plugins);
      rmSync(root, { recursive: true });
    }
  }
});
