import { expect, test } from 'vitest';
import { isWithin, mountOf, mountsBelow, parseMountInfo } from './mount-table.js';

const MOUNTINFO = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '23 22 0:21 / /proc rw,nosuid,nodev,noexec - proc proc rw',
  '24 22 0:30 / /data rw,nosuid - tmpfs tmpfs rw',
  '25 24 0:31 / /data/my\\040disk ro,nodev - ext4 /dev/vdb rw',
  '26 24 0:32 / /data rw,noexec - tmpfs tmpfs rw',
  '27 22 0:33 / /database rw - tmpfs tmpfs rw',
  '',
].join('\n');
const mounts = parseMountInfo(MOUNTINFO);

test('parseMountInfo() reads paths and restrictions', () => {
  expect(mounts).toHaveLength(6);
  expect(mounts[3]).toEqual({ path: '/data/my disk', flags: ['ro', 'nodev'] });
});

const owners = [
  { name: 'the root for what nothing else holds', path: '/etc', want: [] },
  { name: 'the later of two mounts on one path', path: '/data/x', want: ['noexec'] },
  { name: 'the deepest mount', path: '/data/my disk/x', want: ['ro', 'nodev'] },
  { name: 'by whole names, not by letters', path: '/database', want: [] },
];
for (const { name, path, want } of owners) {
  test(`mountOf() finds ${name}`, () => {
    expect(mountOf(mounts, path)?.flags).toEqual(want);
  });
}

test('mountsBelow() lists what lies strictly below, once each', () => {
  expect(mountsBelow(mounts, '/data').map(({ path }) => path)).toEqual(['/data/my disk']);
  expect(mountsBelow(mounts, '/').map(({ path }) => path)).toEqual(['/data', '/data/my disk', '/database', '/proc']);
});

test('isWithin() compares whole names', () => {
  expect([isWithin('/a/b', '/a'), isWithin('/a', '/a'), isWithin('/ab', '/a'), isWithin('/a', '/')]).toEqual([
    true,
    true,
    false,
    true,
  ]);
});
