import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PluginError } from '../../errors/index.js';
import { formatFstab, formatMounts } from './fstab.js';

const line = (source: string) => [{ source, target: '/r', type: 'none', options: ['bind'] }];

const cases = [
  { name: 'a plain path', source: '/data', want: '/data' },
  { name: 'a space', source: '/my data', want: '/my\\040data' },
  { name: 'a tab', source: '/a\tb', want: '/a\\011b' },
  { name: 'a comment sign', source: '#a', want: '\\043a' },
  { name: 'a backslash, also one that looks like an escape', source: '/a\\040b', want: '/a\\134040b' },
];

for (const { name, source, want } of cases) {
  test(`formatFstab() writes ${name}`, () => {
    expect(formatFstab(line(source))).toBe(`${want} /r none bind 0 0\n`);
  });
}

test('formatMounts() writes each field as it is, on a line of its own', () => {
  expect(formatMounts(line('/my #data\\040'))).toBe('none\nbind\n/my #data\\040\n/r\n');
});

for (const source of ['', 'a\nb', 'a\0b', 'a\rb']) {
  test(`formatFstab() and formatMounts() refuse ${JSON.stringify(source)}`, () => {
    expect(() => formatFstab(line(source))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => formatMounts(line(source))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
}

test('formatFstab() writes one line of six fields for any path that it takes, and it reads back', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (source) => {
      let text: string;
      try {
        text = formatFstab(line(source));
      } catch (error) {
        expect(error).toBeInstanceOf(PluginError);
        return;
      }
      expect(text.match(/\n/g)).toHaveLength(1);
      const fields = text.trimEnd().split(/[ \t]/);
      expect(fields).toHaveLength(6);
      const read = (fields[0] as string).replace(/\\([0-7]{3})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 8)),
      );
      expect(read).toBe(source);
    }),
  );
});
