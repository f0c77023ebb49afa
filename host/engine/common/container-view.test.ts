import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createContainerView } from './container-view.js';

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-view-'));
afterAll(() => rmSync(folder, { recursive: true }));

const image = join(folder, 'image');
const data = join(folder, 'data');
mkdirSync(join(image, 'usr/lib'), { recursive: true });
mkdirSync(join(data, 'inner'), { recursive: true });
writeFileSync(join(image, 'file'), '');
symlinkSync('usr/lib', join(image, 'lib'));
symlinkSync('/etc', join(image, 'absolute'));
symlinkSync('../../../..', join(image, 'usr/up'));
symlinkSync('b', join(image, 'a'));
symlinkSync('a', join(image, 'b'));
symlinkSync('/usr', join(data, 'to-usr'));

function view() {
  const made = createContainerView({ kind: 'image', path: image, layer: join(folder, 'layer') });
  made.mounted('/mnt', { kind: 'bind', path: data }, 'directory');
  made.mounted('/tmp', { kind: 'tmpfs' }, 'directory');
  return made;
}

const cases = [
  { name: 'the root', path: '/', want: ['/', '/', 'directory', 'image'] },
  { name: 'a directory of the image', path: '/usr/lib', want: ['/usr/lib', '/usr/lib', 'directory', 'image'] },
  { name: 'a file', path: '/file', want: ['/file', '/file', 'file', 'image'] },
  { name: 'what is missing', path: '/new/deep', want: ['/new/deep', '/new/deep', 'missing', 'image'] },
  { name: 'a relative link', path: '/lib/x', want: ['/usr/lib/x', '/usr/lib/x', 'missing', 'image'] },
  {
    name: 'an absolute link from the root of the container',
    path: '/absolute/x',
    want: ['/etc/x', '/etc/x', 'missing', 'image'],
  },
  {
    name: 'a link that climbs no further than the root',
    path: '/usr/up/etc',
    want: ['/etc', '/etc', 'missing', 'image'],
  },
  { name: 'what a bind shows', path: '/mnt/inner', want: ['/mnt/inner', '/inner', 'directory', 'bind'] },
  {
    name: 'a link in a bind that leads back',
    path: '/mnt/to-usr/lib',
    want: ['/usr/lib', '/usr/lib', 'directory', 'image'],
  },
  { name: 'anything in a new tmpfs as missing', path: '/tmp/x', want: ['/tmp/x', '/x', 'missing', 'tmpfs'] },
  { name: 'a mount point itself', path: '/tmp/', want: ['/tmp', '/', 'directory', 'tmpfs'] },
];

describe('createContainerView()', () => {
  for (const { name, path, want } of cases) {
    test(`resolves ${name}`, () => {
      const place = view().resolve(path);
      expect([place.path, place.inner, place.kind, place.backing.kind]).toEqual(want);
    });
  }

  const refused = [
    { name: 'a loop of links', path: '/a/x' },
    { name: 'a path through a file', path: '/file/x' },
    { name: 'a way up through what is missing', path: '/new/../x' },
  ];
  for (const { name, path } of refused) {
    test(`refuses ${name}`, () => {
      expect(() => view().resolve(path)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    });
  }

  test('forgets mounts that a later one covers', () => {
    const made = view();
    made.mounted('/mnt/inner', { kind: 'tmpfs' }, 'directory');
    made.mounted('/mnt', { kind: 'bind', path: data }, 'directory');
    expect(made.resolve('/mnt/inner').backing.kind).toBe('bind');
  });
});
