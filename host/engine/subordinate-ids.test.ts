import { describe, expect, test } from 'vitest';
import { parseSubordinateIds } from './subordinate-ids.js';

const ada = { name: 'ada', uid: 1000 };
const show = (text: string, own = 1000, user = ada) =>
  parseSubordinateIds(text, user, own)
    .map(({ hostId, size }) => `${hostId}+${size}`)
    .join(' ');

describe('parseSubordinateIds()', () => {
  const cases: readonly { name: string; text: string; want: string; own?: number; user?: typeof ada }[] = [
    { name: 'nothing in an empty file', text: '', want: '' },
    { name: 'a line by name', text: 'ada:100000:65536\n', want: '100000+65536' },
    { name: 'a line by number', text: '1000:100000:65536', want: '100000+65536' },
    { name: 'lines of both kinds, in the order of the file', text: '1000:7:2\nbob:50:5\nada:3:2\n', want: '7+2 3+2' },
    { name: 'no line of a longer name or number', text: 'adam:1:1\n10001:2:1\nxada:3:1\n1:1:1', want: '' },
    { name: 'no line of nobody for a user without a name', text: ':5:5\n', want: '', user: { name: '', uid: 1000 } },
    { name: 'no line for a name with a separator', text: 'a:5:5:5\n', want: '', user: { name: 'a:5', uid: 1000 } },
    { name: 'the last range of 32 bits', text: 'ada:4294967290:5\n', want: '4294967290+5' },
    { name: 'no range that has the id of nobody', text: 'ada:4294967290:6\n', want: '' },
    { name: 'no range of nothing', text: 'ada:5:0\n', want: '' },
    {
      name: 'no numbers with signs, letters, or too many digits',
      text: 'ada:-5:1\nada:0x5:1\nada:5:1e3\nada:10000000000:11111111111\n',
      want: '',
    },
    { name: 'no line with too few or too many parts', text: 'ada:5\nada:5:1:1\nada\nada::\n', want: '' },
    { name: 'a range without the own id in its middle', text: 'ada:998:5\n', want: '998+2 1001+2' },
    { name: 'a range without the id of root', text: 'ada:0:3\n', want: '1+2' },
    {
      name: 'each id once where ranges overlap',
      text: 'ada:10:10\nada:5:10\nada:12:2\nada:15:10\n',
      want: '10+10 5+5 20+5',
    },
    { name: 'the group for the own id of the other file', text: 'ada:98:5\n', own: 100, want: '98+2 101+2' },
    { name: 'line ends of another system', text: 'ada:5:5\r\n', want: '5+5' },
  ];
  for (const { name, text, own, user, want } of cases) {
    test(name, () => expect(show(text, own, user)).toBe(want));
  }

  test('takes as many ranges as a map has room for', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, i) => `ada:${10_000 + 2 * i}:1\n`).join('');
    expect(parseSubordinateIds(lines(339), ada, 1000)).toHaveLength(339);
    expect(parseSubordinateIds(lines(100_000), ada, 1000)).toHaveLength(339);
  });
});
