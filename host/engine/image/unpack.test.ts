import { describe, expect, test } from 'vitest';
import { PluginError } from '../../errors/index.js';
import { outOfRoom, saysFull } from './room.js';
import { warnOfMissing } from './unpack.js';

const TARGET = '/tmp/unpacked';
const device = (name: string) =>
  `create_inode: could not create block device ${TARGET}/dev/${name}, because you're not superuser!\n`;
const refused = `create_inode: failed to create character device ${TARGET}/dev/c, because Operation not permitted\n`;
const attribute = `write_xattr: failed to write xattr security.capability for file ${TARGET}/bin/ping because extended attributes are not supported by the destination filesystem\n`;

describe('what unsquashfs could not make', () => {
  const cases = [
    { name: 'nothing said', uid: 0, said: '', want: undefined },
    { name: 'devices, as a user', uid: 1000, said: device('a') + refused, want: undefined },
    { name: 'devices, as root', uid: 0, said: refused, want: /^not everything .*"i".*: .*character device \/dev\/c,/ },
    { name: 'attributes, as root', uid: 0, said: attribute, want: /capability for file \/bin\/ping/ },
    { name: 'attributes beside devices, as a user', uid: 1000, said: device('a') + attribute, want: /: write_xattr/ },
    { name: 'many', uid: 0, said: device('a').repeat(10), want: /; and 7 more$/ },
    { name: 'a line that was cut', uid: 1000, said: device('a') + device('b').slice(0, 9), want: undefined },
    {
      name: 'a name that acts on a terminal',
      uid: 0,
      said: device('\u001b[2J'),
      want: /dev\/\\/,
    },
  ];
  test.each(cases)('$name', ({ uid, said, want }) => {
    const heard: string[] = [];
    warnOfMissing('i', said, TARGET, { uid, onWarning: (text) => heard.push(text) });
    expect(heard).toEqual(want === undefined ? [] : [expect.stringMatching(want)]);
    expect(heard.join('')).not.toContain('\u001b');
  });
});

describe('saysFull()', () => {
  const system = (code: string) => Object.assign(new Error(code), { code });
  const around = (cause: unknown) => new PluginError('ENGINE_FAILED', 'Cannot make it', { cause });
  test.each([
    { name: 'a full disk', error: system('ENOSPC'), want: true },
    { name: 'a quota', error: system('EDQUOT'), want: true },
    { name: 'a full disk behind others', error: around(around(system('ENOSPC'))), want: true },
    { name: 'another error', error: around(system('EACCES')), want: false },
    { name: 'no error', error: undefined, want: false },
  ])('$name', ({ error, want }) => expect(saysFull(error)).toBe(want));

  test('an error that is its own cause', () => {
    const error = system('EIO');
    error.cause = error;
    expect(saysFull(error)).toBe(false);
  });

  test('outOfRoom() says what to do', () => {
    expect(outOfRoom('i', undefined)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      hint: expect.stringContaining('TMPDIR'),
    });
  });
});
