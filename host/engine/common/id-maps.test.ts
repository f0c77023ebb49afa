import { describe, expect, test } from 'vitest';
import { needs } from '../../../test/support/need.js';
import type { OciIdMapping, OciUser } from '../../oci/index.js';
import { makeConfig } from '../make-config.js';
import { admitIdMaps } from './id-maps.js';

const own = { uid: 1000, gid: 100 };

/** `inside:outside:size …` */
function parse(text: string): OciIdMapping[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((line) => {
      const [containerID = 0, hostID = 0, size = 0] = line.split(':').map(Number);
      return { containerID, hostID, size };
    });
}

function outcome(uid: string, gid: string, user: OciUser = { uid: 0, gid: 0 }): string {
  const base = makeConfig({ rootfs: '/image', command: ['true'], rootless: true });
  const linux = { ...base.linux, uidMappings: parse(uid), gidMappings: parse(gid) };
  try {
    const maps = admitIdMaps({ ...base, process: { cwd: '/', ...base.process, user }, linux }, own);
    return maps === undefined ? 'one id' : 'several';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.skipIf(!needs('newuidmap'))('admitIdMaps()', () => {
  const two = ['0:1000:1 1:100000:10', '0:100:1 1:100000:10'] as const;
  const many = (lines: number) =>
    `0:1000:1 ${Array.from({ length: lines - 1 }, (_, i) => `${i + 1}:${100_000 + i}:1`).join(' ')}`;
  const cases: readonly { name: string; maps: readonly [string, string]; user?: OciUser; want: string }[] = [
    { name: 'no maps', maps: ['', ''], want: 'one id' },
    { name: 'the own id under any number', maps: ['5:1000:1', '7:100:1'], want: 'one id' },
    { name: 'a range beside it', maps: two, want: 'several' },
    { name: 'a range for users alone', maps: [two[0], '0:100:1'], want: 'linux.gidMappings: it has 1 lines' },
    { name: 'a range without the own id', maps: ['0:100000:10', two[1]], want: 'linux.uidMappings: it has 1 lines' },
    { name: 'another id as 0', maps: ['0:1001:1 1:100000:10', two[1]], want: 'the id 0 must be 1000' },
    { name: 'more than the own id in the line for 0', maps: ['0:1000:2 2:100000:10', two[1]], want: 'must be 1000' },
    { name: 'as many lines as the kernel takes', maps: [many(340), two[1]], want: 'several' },
    { name: 'one line more', maps: [many(341), two[1]], want: 'it has 341 lines' },
    { name: 'a user who is the last of a range', maps: two, user: { uid: 10, gid: 10 }, want: 'several' },
    { name: 'a user one past it', maps: two, user: { uid: 11, gid: 0 }, want: 'the id 11 is not in linux.uidMappings' },
    {
      name: 'a group one past it',
      maps: two,
      user: { uid: 0, gid: 0, additionalGids: [10, 11] },
      want: 'the id 11 is not in linux.gidMappings',
    },
  ];
  for (const { name, maps, user, want } of cases) {
    test(name, () => expect(outcome(...maps, user)).toContain(want));
  }
});
