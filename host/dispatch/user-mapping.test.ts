import { describe, expect, test } from 'vitest';
import { checkMappings, type IdMapping, type IdRange, MAX_MAPPINGS, type UserMappingCall } from './user-mapping.js';

const END = 2 ** 32 - 1;
const ada: UserMappingCall = {
  file: '/etc/subuid',
  user: { uid: 1000, gid: 100, name: 'ada' },
  ranges: [{ hostId: 100_000, size: 1000 }],
};

function outcome(text: string, call: Partial<UserMappingCall> = {}): string {
  const mappings = text
    .split(', ')
    .filter((part) => part !== '')
    .map((part): IdMapping => {
      const [containerId = 0, hostId = 0, size = 0] = part.split(' ').map(Number);
      return { containerId, hostId, size };
    });
  try {
    const checked = checkMappings(mappings, { ...ada, ...call });
    return checked.map(({ containerId, hostId, size }) => `${containerId} ${hostId} ${size}`).join(', ');
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('checkMappings()', () => {
  const two: IdRange[] = [
    { hostId: 200_000, size: 10 },
    { hostId: 100_000, size: 1000 },
  ];
  const touching: IdRange[] = [
    { hostId: 101_000, size: 10 },
    { hostId: 100_000, size: 1000 },
  ];
  const cases: { name: string; answer: string; call?: Partial<UserMappingCall>; want?: string }[] = [
    { name: 'takes all that the file gives', answer: '1 100000 1000' },
    { name: 'orders by what is inside', answer: '501 100000 500, 1 100500 500', want: '1 100500 500, 501 100000 500' },
    { name: 'takes the last id of a range', answer: '1 100999 1' },
    { name: 'denies one more', answer: '1 100999 2', want: 'CONFIG_DENIED' },
    { name: 'denies one before', answer: '1 99999 2', want: 'CONFIG_DENIED' },
    { name: 'denies what the file gives to nobody', answer: '1 300000 1', want: 'CONFIG_DENIED' },
    {
      name: 'denies anything where the file gives nothing',
      answer: '1 100000 1',
      call: { ranges: [] },
      want: 'CONFIG_DENIED',
    },
    { name: 'takes two ranges', answer: '1 200000 10, 11 100000 1000', call: { ranges: two } },
    { name: 'denies the gap between them', answer: '1 150000 1', call: { ranges: two }, want: 'CONFIG_DENIED' },
    { name: 'takes one mapping over ranges that touch', answer: '1 100000 1010', call: { ranges: touching } },
    {
      name: 'ignores a range of nothing',
      answer: '1 5 1',
      call: { ranges: [{ hostId: 5, size: 0 }] },
      want: 'CONFIG_DENIED',
    },
    { name: 'refuses no answer', answer: '', want: 'ABI_MALFORMED' },
    { name: 'refuses size 0', answer: '1 100000 0', want: 'ABI_MALFORMED' },
    { name: 'refuses a negative size', answer: '1 100000 -5', want: 'ABI_MALFORMED' },
    { name: 'refuses id 0 inside, which is the caller', answer: '0 100000 1', want: 'ABI_MALFORMED' },
    { name: 'refuses a negative id outside', answer: '1 -1 1', want: 'ABI_MALFORMED' },
    { name: 'refuses an overlap outside', answer: '1 100000 10, 11 100009 10', want: 'ABI_MALFORMED' },
    { name: 'refuses an overlap inside', answer: '1 100000 10, 10 100010 10', want: 'ABI_MALFORMED' },
    { name: 'takes neighbours', answer: '1 100000 10, 11 100010 10' },
    { name: 'lets root take any id', answer: '1 7 100', call: { user: { uid: 0, gid: 0, name: 'root' } } },
    {
      name: "refuses root's own id all the same",
      answer: '1 0 2',
      call: { user: { uid: 0, gid: 0, name: 'root' } },
      want: 'ABI_MALFORMED',
    },
    {
      name: "refuses the caller's own id",
      answer: '1 1000 1',
      call: { ranges: [{ hostId: 1000, size: 1 }] },
      want: 'ABI_MALFORMED',
    },
    {
      name: 'for groups that is the group',
      answer: '1 1000 1',
      call: { file: '/etc/subgid', ranges: [{ hostId: 1000, size: 1 }] },
    },
    {
      name: 'and its own is refused',
      answer: '1 100 1',
      call: { file: '/etc/subgid', ranges: [{ hostId: 100, size: 1 }] },
      want: 'ABI_MALFORMED',
    },
    {
      name: 'takes the last ids there are',
      answer: `${END - 2} ${END - 2} 2`,
      call: { user: { uid: 0, gid: 0, name: '' } },
    },
    {
      name: 'refuses one more',
      answer: `${END - 2} 5 3`,
      call: { user: { uid: 0, gid: 0, name: '' } },
      want: 'ABI_MALFORMED',
    },
    {
      name: 'refuses sums that wrap',
      answer: `1 5 ${Number.MAX_SAFE_INTEGER}`,
      call: { user: { uid: 0, gid: 0, name: '' } },
      want: 'ABI_MALFORMED',
    },
  ];
  for (const { name, answer, call, want } of cases) {
    test(name, () => expect(outcome(answer, call)).toBe(want ?? answer));
  }

  const many = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1} ${100_000 + i} 1`).join(', ');
  test(`takes ${MAX_MAPPINGS} ranges and refuses one more`, () => {
    expect(outcome(many(MAX_MAPPINGS))).toBe(many(MAX_MAPPINGS));
    expect(outcome(many(MAX_MAPPINGS + 1))).toBe('ABI_MALFORMED');
  });
});
