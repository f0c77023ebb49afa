import { expect, test } from 'vitest';
import { parseMountOptions } from './mount-options.js';

const parse = (options: string[], type = 'bind') => parseMountOptions({ destination: '/x', type, options });

test('parseMountOptions() sorts restrictions, bind and the rest', () => {
  const { bind, recursive, flags, rest } = parse(['rbind', 'ro', 'nosuid', 'rprivate', 'noatime']);
  expect([bind, recursive, [...flags], rest]).toEqual([true, true, ['ro', 'nosuid'], ['noatime']]);
});

test('parseMountOptions() lets the later of ro and rw win', () => {
  expect([...parse(['ro', 'rw']).flags]).toEqual([]);
  expect([...parse(['rw', 'ro']).flags]).toEqual(['ro']);
});

test('parseMountOptions() takes values where the file system has them', () => {
  expect(parse(['size=64m', 'mode=1777'], 'tmpfs').rest).toEqual(['size=64m', 'mode=1777']);
});

const refused = [
  { name: 'an unknown restriction', options: ['nosymfollow'], type: 'bind' },
  { name: 'a shared mount', options: ['rshared'], type: 'bind' },
  { name: 'an id mapping', options: ['idmap=uids=0-1-1'], type: 'bind' },
  { name: 'a value of another file system', options: ['size=1m'], type: 'proc' },
  { name: 'a second option behind a comma', options: ['size=1m,suid'], type: 'tmpfs' },
  { name: 'an option of the mount program', options: ['X-mount.mkdir'], type: 'tmpfs' },
  { name: 'a name that every object has', options: ['constructor'], type: 'tmpfs' },
];
for (const { name, options, type } of refused) {
  test(`parseMountOptions() refuses ${name}`, () => {
    expect(() => parse(options, type)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
}
