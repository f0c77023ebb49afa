/** Entries that try to reach outside of the new root, each beside a tree that must not change, as root and as a user. */
import { chmodSync, linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Actor, actors, besideCanary, outcome, type Places, put } from '../../../test/support/rootfs.js';
import { listTree } from '../../../test/support/tree.js';
import { createRootfs, type Rootfs } from './index.js';

interface Attack {
  readonly name: string;
  readonly act: (root: Rootfs, places: Places) => void;
  /** Of the last operation that `act` does not guard itself. */
  readonly want: string;
  /** Lines of `listTree` that must be there, `OUTSIDE` for the path of the canary without its first slash. */
  readonly has?: readonly string[];
}

const names: readonly Attack[] = [
  { name: 'an absolute path', act: (root) => put(root, '/etc/passwd'), want: 'invalid' },
  { name: 'the path of what is outside', act: (root, { outside }) => put(root, `${outside}/secret`), want: 'invalid' },
  { name: 'two slashes first', act: (root) => put(root, '//etc'), want: 'invalid' },
  { name: '.. first', act: (root) => put(root, '../outside/secret'), want: 'invalid' },
  { name: '.. in the middle', act: (root) => put(root, 'a/../../outside/secret'), want: 'invalid' },
  { name: '.. last', act: (root) => root.directory('a/..'), want: 'invalid' },
  { name: '.. alone', act: (root) => root.directory('..'), want: 'invalid' },
  { name: '.. as what to clear', act: (root) => root.clear('..'), want: 'invalid' },
  { name: '.. as what to remove', act: (root) => root.remove('../outside'), want: 'invalid' },
  { name: '.. as what to change', act: (root) => root.setMeta('../outside', {}), want: 'invalid' },
  { name: '. in the middle', act: (root) => put(root, 'a/./b'), want: 'invalid' },
  { name: 'a file named .', act: (root) => put(root, '.'), want: 'invalid' },
  { name: 'a link named .', act: (root, { outside }) => root.symlink('.', outside), want: 'invalid' },
  { name: 'nothing', act: (root) => root.directory(''), want: 'invalid' },
  { name: 'an empty part', act: (root) => put(root, 'a//b'), want: 'invalid' },
  { name: 'a slash at the end', act: (root) => root.directory('a/'), want: 'invalid' },
  { name: 'NUL', act: (root) => put(root, 'a\0b'), want: 'invalid' },
  { name: 'half of a surrogate pair', act: (root) => put(root, 'a\ud800'), want: 'invalid' },
  { name: 'a newline, which is a name', act: (root) => put(root, 'a\nb'), want: 'ok', has: ['a\nb file 644 x'] },
  { name: 'three dots, which are a name', act: (root) => put(root, '...'), want: 'ok', has: ['... file 644 x'] },
  { name: 'a backslash, which is a name', act: (root) => put(root, '..\\x'), want: 'ok', has: ['..\\x file 644 x'] },
  { name: 'a name of 255 bytes', act: (root) => put(root, 'n'.repeat(255)), want: 'ok' },
  { name: 'a name of 256 bytes', act: (root) => put(root, 'n'.repeat(256)), want: 'invalid' },
  { name: 'a name of 86 characters and 258 bytes', act: (root) => put(root, '€'.repeat(86)), want: 'invalid' },
  { name: 'a path of 4096 bytes', act: (root) => put(root, `${'n'.repeat(127)}/`.repeat(32).slice(0, -1)), want: 'ok' },
  {
    name: 'a path of 4097 bytes',
    act: (root) => put(root, `${'n'.repeat(127)}/`.repeat(32).concat('n')),
    want: 'limit',
  },
  { name: '256 levels', act: (root) => put(root, 'd/'.repeat(255).concat('f')), want: 'ok' },
  { name: '300 levels', act: (root) => put(root, 'd/'.repeat(299).concat('f')), want: 'limit' },
];

const links: readonly Attack[] = [
  {
    name: 'a file through a link to a folder outside',
    act: (root, { outside }) => {
      root.symlink('out', outside);
      put(root, 'out/secret');
    },
    want: 'ok',
    has: ['OUTSIDE/secret file 644 x'],
  },
  {
    name: 'a file through a link that climbs',
    act: (root) => {
      root.symlink('a/b/out', '../../../../../outside');
      put(root, 'a/b/out/secret');
    },
    want: 'ok',
    has: ['outside/secret file 644 x'],
  },
  {
    name: 'a file through links to links to a folder outside',
    act: (root, { outside }) => {
      root.symlink('a', 'b');
      root.symlink('b', 'd/c');
      root.symlink('d/c', outside);
      put(root, 'a/secret');
    },
    want: 'ok',
    has: ['OUTSIDE/secret file 644 x'],
  },
  {
    name: 'a file in place of a link to a file outside',
    act: (root, { outside }) => {
      root.symlink('a', `${outside}/secret`);
      put(root, 'a');
    },
    want: 'ok',
    has: ['a file 644 x'],
  },
  {
    name: 'a file in place of a link to a missing file outside',
    act: (root, { outside }) => {
      root.symlink('a', `${outside}/new`);
      put(root, 'a');
    },
    want: 'ok',
    has: ['a file 644 x'],
  },
  {
    name: 'a folder in place of a link to a folder outside',
    act: (root, { outside }) => {
      root.symlink('a', outside);
      root.directory('a', { mode: 0o700 });
      put(root, 'a/secret');
    },
    want: 'ok',
    has: ['a folder 700', 'a/secret file 644 x'],
  },
  {
    name: 'mode, owner and time of a link to a file outside',
    act: (root, { outside }) => {
      root.symlink('a', `${outside}/secret`);
      root.setMeta('a', { mode: 0o777, uid: 7, gid: 7, mtimeMs: 1 });
    },
    want: 'ok',
  },
  {
    name: 'mode, owner and time of a file outside through a link',
    act: (root, { outside }) => {
      root.symlink('a', outside);
      root.setMeta('a/secret', { mode: 0o777 });
    },
    want: 'missing',
  },
  {
    name: 'removing a link to a folder outside',
    act: (root, { outside }) => {
      root.symlink('a', outside);
      root.remove('a/secret');
      root.clear('a');
      root.remove('a');
    },
    want: 'ok',
  },
  {
    name: 'removing folders with links to outside in them',
    act: (root, { outside }) => {
      root.symlink('a/b/out', outside);
      root.symlink('a/out', `${outside}/folder`);
      root.clear('.', (path) => path === 'a/b/x');
      put(root, 'a/b');
      put(root, 'a');
    },
    want: 'ok',
    has: ['a file 644 x'],
  },
  { name: 'a link to itself', act: (root) => linked(root, { a: 'a' }, 'a/x'), want: 'invalid' },
  { name: 'links in a circle', act: (root) => linked(root, { a: 'b', b: '/a' }, 'a/x'), want: 'invalid' },
  {
    name: 'a chain of 40 links',
    act: (root) => linked(root, chain(40), 'l0/x'),
    want: 'ok',
    has: ['l40/x file 644 x'],
  },
  { name: 'a chain of 41 links', act: (root) => linked(root, chain(41), 'l0/x'), want: 'invalid' },
  { name: 'links that double', act: (root) => linked(root, doubling(30), 'l0/x'), want: 'invalid' },
  { name: 'a file as a folder', act: (root) => [put(root, 'a'), put(root, 'a/x')], want: 'invalid' },
  {
    name: 'a link to a file as a folder',
    act: (root) => [put(root, 'f'), linked(root, { a: 'f' }, 'a/x')],
    want: 'invalid',
  },
  { name: 'a target that is empty', act: (root) => root.symlink('a', ''), want: 'invalid' },
  { name: 'a target with NUL', act: (root) => root.symlink('a', 'b\0'), want: 'invalid' },
  { name: 'a target of 4095 bytes', act: (root) => root.symlink('a', 't'.repeat(4095)), want: 'ok' },
  { name: 'a target of 4096 bytes', act: (root) => root.symlink('a', 't'.repeat(4096)), want: 'invalid' },
  {
    name: 'a target with a part that no file system takes',
    act: (root) => linked(root, { a: 't'.repeat(4000) }, 'a/x'),
    want: 'invalid',
  },
  {
    name: 'a path that links make 300 deep',
    act: (root) => linked(root, { a: 'd/'.repeat(200), [`${'d/'.repeat(200)}b`]: 'd/'.repeat(99) }, 'a/b/x'),
    want: 'limit',
  },
];

const hardlinks: readonly Attack[] = [
  { name: 'to a file outside', act: (root, { outside }) => root.hardlink('a', `${outside}/secret`), want: 'invalid' },
  { name: 'to a file outside by ..', act: (root) => root.hardlink('a', '../outside/secret'), want: 'invalid' },
  {
    name: 'to a file outside through a link to its folder',
    act: (root, { outside }) => {
      root.symlink('out', outside);
      root.hardlink('a', 'out/secret');
    },
    want: 'missing',
  },
  {
    name: 'to a link to a file outside',
    act: (root, { outside }) => {
      root.symlink('out', `${outside}/secret`);
      root.hardlink('a', 'out');
    },
    want: 'denied',
  },
  { name: 'to a folder', act: (root) => [root.directory('d'), root.hardlink('a', 'd')], want: 'denied' },
  { name: 'to nothing', act: (root) => root.hardlink('a', 'b'), want: 'missing' },
  { name: 'in a folder outside', act: (root) => [put(root, 'f'), root.hardlink('../outside/f', 'f')], want: 'invalid' },
  {
    name: 'in place of a link to a file outside, and writing to it',
    act: (root, { outside }) => {
      const file = root.openFile('f');
      root.symlink('a', `${outside}/secret`);
      root.hardlink('a', 'f');
      root.write(file, Buffer.from('x'));
      root.finish(file);
    },
    want: 'ok',
    has: ['a file 644 x', 'f file 644 x'],
  },
  { name: 'to itself', act: (root) => [put(root, 'f'), root.hardlink('f', 'f')], want: 'ok', has: ['f file 644 x'] },
  {
    name: 'to itself through a link',
    act: (root) => [put(root, 'd/f'), root.symlink('a', 'd'), root.hardlink('a/f', 'd/f')],
    want: 'ok',
    has: ['d/f file 644 x'],
  },
  {
    name: 'in place of the folder that the file is in',
    act: (root) => [put(root, 'd/e/f'), root.hardlink('d', 'd/e/f')],
    want: 'invalid',
    has: ['d/e/f file 644 x'],
  },
  {
    name: 'in place of another folder',
    act: (root) => [put(root, 'd/e/f'), put(root, 'g'), root.hardlink('d', 'g')],
    want: 'ok',
    has: ['d file 644 x'],
  },
];

const replacing: readonly Attack[] = [
  {
    name: 'a file by a link between two writes',
    act: (root, { outside }) => {
      const file = root.openFile('a');
      root.write(file, Buffer.from('x'));
      root.symlink('a', `${outside}/secret`);
      root.write(file, Buffer.from('y'));
      root.finish(file);
    },
    want: 'ok',
  },
  {
    name: 'the folder of a file by a link between two writes',
    act: (root, { outside }) => {
      const file = root.openFile('d/secret');
      root.write(file, Buffer.from('x'));
      root.symlink('d', outside);
      root.write(file, Buffer.from('y'));
      root.finish(file);
      put(root, 'd/secret', 'z');
    },
    want: 'ok',
    has: ['OUTSIDE/secret file 644 z'],
  },
  {
    name: 'a folder that was used by a link',
    act: (root, { outside }) => {
      put(root, 'd/e/x');
      root.symlink('d', `${outside}/..`);
      put(root, 'd/outside/secret', 'z');
    },
    want: 'ok',
    has: ['OUTSIDE/secret file 644 z'],
  },
  {
    name: 'a removed folder by a link',
    act: (root, { outside }) => {
      put(root, 'd/e/x');
      root.remove('d');
      root.symlink('d', outside);
      put(root, 'd/secret', 'z');
    },
    want: 'ok',
    has: ['OUTSIDE/secret file 644 z'],
  },
  {
    name: 'a file by another while it is written',
    act: (root) => {
      const file = root.openFile('a', { mode: 0o600 });
      put(root, 'a', 'new');
      root.write(file, Buffer.from('old'));
      root.finish(file);
    },
    want: 'ok',
    has: ['a file 644 new'],
  },
  {
    name: 'a folder by a file',
    act: (root) => [put(root, 'd/e/f'), put(root, 'd')],
    want: 'ok',
    has: ['d file 644 x'],
  },
  {
    name: 'a file by a folder',
    act: (root) => [put(root, 'd'), root.directory('d')],
    want: 'ok',
    has: ['d folder 755'],
  },
  {
    name: 'a folder by itself, which keeps what is in it',
    act: (root) => [put(root, 'd/e'), root.directory('d', { mode: 0o511 })],
    want: 'ok',
    has: ['d folder 511', 'd/e file 644 x'],
  },
  {
    name: 'one name of a file, which leaves the other',
    act: (root) => [put(root, 'a', 'old'), root.hardlink('b', 'a'), put(root, 'a', 'new')],
    want: 'ok',
    has: ['a file 644 new', 'b file 644 old'],
  },
];

const kinds: readonly Attack[] = [
  { name: 'a device', act: (root) => root.special('sda', 'block-device', {}, 8, 0), want: 'denied' },
  { name: 'a terminal', act: (root) => root.special('tty', 'character-device', {}, 5, 0), want: 'denied' },
  { name: 'a FIFO', act: (root) => root.special('pipe', 'fifo'), want: 'denied' },
  { name: 'a socket', act: (root) => root.special('socket', 'socket' as 'fifo'), want: 'unsupported' },
  {
    name: 'a kind that every object knows',
    act: (root) => root.special('x', 'constructor' as 'fifo'),
    want: 'unsupported',
  },
  { name: 'a mode with the bits of a kind', act: (root) => root.file('a', { mode: 0o100644 }, NONE), want: 'invalid' },
  { name: 'a mode below 0', act: (root) => root.directory('a', { mode: -1 }), want: 'invalid' },
  { name: 'half an id', act: (root) => root.directory('a', { uid: 0.5 }), want: 'invalid' },
  { name: 'the id that means none', act: (root) => root.directory('a', { gid: 2 ** 32 - 1 }), want: 'invalid' },
  { name: 'a time that is no number', act: (root) => root.directory('a', { mtimeMs: Number.NaN }), want: 'invalid' },
  { name: 'a file that was never begun', act: (root) => root.write(3, NONE), want: 'invalid' },
  {
    name: 'a file that is finished',
    act: (root) => {
      const file = root.openFile('a');
      root.finish(file);
      root.write(file, NONE);
    },
    want: 'invalid',
  },
  {
    name: 'set-id bits',
    act: (root) => {
      root.file('u', { mode: 0o4755 }, NONE);
      root.file('g', { mode: 0o2755 }, NONE);
      root.directory('d', { mode: 0o7777 });
      root.setMeta('u', { mode: 0o6711 });
      expect(root.usage.setuidDropped).toBe(4);
    },
    want: 'ok',
    has: ['d folder 1777', 'g file 755', 'u file 711'],
  },
];

const NONE = new Uint8Array(0);

function linked(root: Rootfs, targets: Readonly<Record<string, string>>, path: string): void {
  for (const [link, target] of Object.entries(targets)) {
    root.symlink(link, target);
  }
  put(root, path);
}

/** `l0 -> l1 -> … ->` what is not there. */
function chain(length: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length }, (_, i) => [`l${i}`, `l${i + 1}`]));
}

/** Each link goes through the next one twice. */
function doubling(length: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length }, (_, i) => [`l${i}`, `l${i + 1}/../l${i + 1}`]));
}

for (const actor of actors()) {
  const groups = { names, links, 'hard links': hardlinks, replacing, kinds };
  describe.each(Object.entries(groups))(`%s as ${actor.name}`, (_, attacks) => {
    test.each(attacks)('$name: $want', ({ act, want, has = [] }) => {
      besideCanary(actor, (places) => {
        const root = createRootfs(places.dir);
        expect(outcome(() => act(root, places))).toBe(want);
        root.close();
        if (has.length > 0) {
          const inside = places.outside.slice(1);
          expect(listTree(places.dir)).toEqual(
            expect.arrayContaining(has.map((text) => text.replace('OUTSIDE', inside))),
          );
        }
      });
    });

    test.each(attacks)('$name, given up', ({ act }) => {
      besideCanary(actor, (places) => {
        const root = createRootfs(places.dir);
        outcome(() => act(root, places));
        root.abort();
        expect(listTree(places.dir)).toEqual(['. folder 700']);
      });
    });
  });
}

test.each([
  { name: 'a hard link', change: ({ dir, outside }: Places) => linkSync(join(outside, 'secret'), join(dir, 'a')) },
  { name: 'a mode that is set back', change: ({ outside }: Places) => chmodSync(join(outside, 'secret'), 0o644) },
  { name: 'a new file', change: ({ outside }: Places) => writeFileSync(join(outside, 'new'), '') },
])('the tree outside would show $name', ({ change }) => {
  const [actor] = actors();
  expect(() => besideCanary(actor as Actor, change)).toThrow(/to be/);
});
