import { describe, expect, test } from 'vitest';
import { paxRecord, tarArchive, tarEntry } from '../../../../test/support/tar.js';
import { thrown } from '../../../../test/support/thrown.js';
import { createTarReader, type TarEntry } from './index.js';

/** All of an archive, in pieces of `step` bytes; entries as given with their `data`. */
function read(archive: Uint8Array, step = archive.byteLength): (Partial<TarEntry> & { data: string })[] {
  const found: (TarEntry & { data: string; ended?: boolean })[] = [];
  const last = () => found.at(-1) as (typeof found)[number];
  const reader = createTarReader({
    entry: (entry) => found.push({ ...entry, data: '' }),
    data: (bytes) => {
      last().data += Buffer.from(bytes).toString('latin1');
    },
    end: () => {
      last().ended = true;
    },
  });
  for (let at = 0; at < archive.byteLength; at += step) {
    if (!reader.push(archive.subarray(at, at + step))) break;
  }
  reader.finish();
  return found.map(({ ended, ...entry }) => {
    expect(ended ?? false).toBe(entry.kind === 'file');
    return entry;
  });
}

const pax = (...records: string[]) => tarEntry({ type: 'x', name: 'pax', data: records.join('') });
const long = (type: 'L' | 'K', text: string) =>
  tarEntry({ type, name: '././@LongLink', magic: 'ustar  \0', data: `${text}\0` });
const LONG = 'n'.repeat(300);

describe('what is read', () => {
  test.each<{ name: string; archive: Uint8Array; want: object[] }>([
    { name: 'nothing', archive: tarArchive(), want: [] },
    { name: 'no end', archive: tarEntry({ name: 'a' }), want: [{ path: 'a', size: 0 }] },
    { name: 'one block of end', archive: tarArchive(tarEntry({ name: 'a' })).subarray(0, 1024), want: [{ path: 'a' }] },
    { name: 'anything after the end', archive: Buffer.concat([tarArchive(), Buffer.alloc(512, 'x')]), want: [] },
    {
      name: 'data of 511 bytes',
      archive: tarArchive(tarEntry({ data: 'd'.repeat(511) }), tarEntry({})),
      want: [{ data: 'd'.repeat(511) }, {}],
    },
    {
      name: 'data of 512 bytes',
      archive: tarArchive(tarEntry({ data: 'd'.repeat(512) }), tarEntry({})),
      want: [{ data: 'd'.repeat(512) }, {}],
    },
    {
      name: 'data of 513 bytes',
      archive: tarArchive(tarEntry({ data: 'd'.repeat(513) }), tarEntry({})),
      want: [{ data: 'd'.repeat(513) }, {}],
    },
    { name: 'a prefix of POSIX', archive: tarArchive(tarEntry({ name: 'b', prefix: 'a' })), want: [{ path: 'a/b' }] },
    {
      name: 'no prefix of GNU',
      archive: tarArchive(tarEntry({ name: 'b', prefix: 'a', magic: 'ustar  \0' })),
      want: [{ path: 'b' }],
    },
    {
      name: 'no prefix of old archives',
      archive: tarArchive(tarEntry({ name: 'b', prefix: 'a', magic: '' })),
      want: [{ path: 'b' }],
    },
    {
      name: 'a folder told by its slash',
      archive: tarArchive(tarEntry({ name: 'a/', type: '\0', magic: '' })),
      want: [{ kind: 'directory', path: 'a/' }],
    },
    {
      name: 'a long name of GNU',
      archive: tarArchive(long('L', LONG), tarEntry({}), tarEntry({ name: 'b' })),
      want: [{ path: LONG }, { path: 'b' }],
    },
    {
      name: 'long names of a link',
      archive: tarArchive(long('K', LONG), long('L', `${LONG}l`), tarEntry({ type: '2' })),
      want: [{ path: `${LONG}l`, target: LONG, kind: 'symlink' }],
    },
    {
      name: 'all that pax says, once',
      archive: tarArchive(
        pax(
          paxRecord('path', 'ä\n=b'),
          paxRecord('linkpath', LONG),
          paxRecord('uid', '4000000'),
          paxRecord('gid', '5'),
          paxRecord('mtime', '-1.5'),
        ),
        tarEntry({ type: '1' }),
        tarEntry({ name: 'b' }),
      ),
      want: [
        { kind: 'hardlink', path: 'ä\n=b', target: LONG, uid: 4000000, gid: 5, mtimeSeconds: -1.5 },
        { path: 'b', uid: 0, mtimeSeconds: 0 },
      ],
    },
    {
      name: 'a size of pax',
      archive: tarArchive(pax(paxRecord('size', '3')), tarEntry({ size: '0', data: 'abc' }).subarray(0, 1024)),
      want: [{ data: 'abc' }],
    },
    {
      name: 'an empty value of pax',
      archive: tarArchive(pax(paxRecord('path', ''), paxRecord('size', '')), tarEntry({ name: 'b' })),
      want: [{ path: 'b' }],
    },
    {
      name: 'attributes, which are counted',
      archive: tarArchive(pax(paxRecord('SCHILY.xattr.user.a', '\u0000ÿ')), tarEntry({})),
      want: [{ hasXattrs: true }],
    },
    {
      name: 'a header for all, without use of it',
      archive: tarArchive(tarEntry({ type: 'g', data: paxRecord('path', 'x') }), tarEntry({ name: 'b' })),
      want: [{ path: 'b' }],
    },
    {
      name: 'a link with a size, without data',
      archive: tarArchive(tarEntry({ type: '1', size: '00000001000' }), tarEntry({ name: 'b' })),
      want: [{ size: 0 }, { path: 'b' }],
    },
    {
      name: 'a binary number',
      archive: tarArchive(tarEntry({ uid: '\x80\0\0\0\0\x3d\x09\0' })),
      want: [{ uid: 4000000 }],
    },
    {
      name: 'a binary time before 1970',
      archive: tarArchive(tarEntry({ mtime: '\xff'.repeat(12) })),
      want: [{ mtimeSeconds: -1 }],
    },
    { name: 'numbers with spaces', archive: tarArchive(tarEntry({ mode: '  755 \0' })), want: [{ mode: 0o755 }] },
    {
      name: 'only the permissions of a mode',
      archive: tarArchive(tarEntry({ mode: '0107755' })),
      want: [{ mode: 0o7755 }],
    },
  ])('$name', ({ archive, want }) => {
    for (const step of [archive.byteLength, 512, 100, 1]) {
      const found = read(archive, step);
      expect(found).toHaveLength(want.length);
      expect(found).toMatchObject(want);
    }
  });
});

describe('what is refused', () => {
  test.each<{ name: string; archive: Uint8Array; why: RegExp }>([
    { name: 'a wrong sum', archive: tarEntry({ sumError: 1 }), why: /wrong checksum/ },
    { name: 'what is no archive', archive: Buffer.alloc(512, 'x'), why: /not octal/ },
    { name: 'half a header', archive: tarEntry({}).subarray(0, 511), why: /ends in the middle/ },
    { name: 'half of the data', archive: tarEntry({ data: 'abc' }).subarray(0, 514), why: /ends in the middle/ },
    { name: 'half of the last block', archive: tarEntry({ data: 'abc' }).subarray(0, 1000), why: /ends in the middle/ },
    { name: 'an extension at the end', archive: pax(paxRecord('path', 'a')), why: /ends in the middle/ },
    { name: 'an extension before the end', archive: tarArchive(pax(paxRecord('path', 'a'))), why: /has no entry/ },
    {
      name: 'an entry after a block of zeros',
      archive: Buffer.concat([Buffer.alloc(512), tarEntry({})]),
      why: /follows its end/,
    },
    { name: 'a mode that is not octal', archive: tarEntry({ mode: '0000849' }), why: /not octal/ },
    { name: 'a size below 0', archive: tarEntry({ size: '\xff'.repeat(12) }), why: /less than no bytes/ },
    { name: 'an extension below 0', archive: tarEntry({ type: 'x', size: '\xff'.repeat(12) }), why: /attributes/ },
    { name: 'a size beyond all numbers', archive: tarEntry({ size: '\x80\x7f'.padEnd(12, '\x7f') }), why: /too large/ },
    { name: 'an extension of a gigabyte', archive: tarEntry({ type: 'x', size: '10000000000' }), why: /1048576/ },
    {
      name: 'many extensions',
      archive: tarArchive(...Array.from({ length: 2100 }, () => pax(paxRecord('path', 'a')))),
      why: /1048576/,
    },
    { name: 'a sparse file of GNU', archive: tarEntry({ type: 'S' }), why: /type "S"/ },
    {
      name: 'a sparse file of pax',
      archive: tarArchive(pax(paxRecord('GNU.sparse.major', '1')), tarEntry({})),
      why: /sparse/,
    },
    { name: 'a volume', archive: tarEntry({ type: 'V' }), why: /type "V"/ },
    { name: 'a record without length', archive: tarArchive(pax('path=a\n'), tarEntry({})), why: /wrong length/ },
    { name: 'a record of length 0', archive: tarArchive(pax('0 path=a\n'), tarEntry({})), why: /wrong length/ },
    { name: 'a record that is too long', archive: tarArchive(pax('20 path=a\n'), tarEntry({})), why: /wrong length/ },
    {
      name: 'a record shorter than its length',
      archive: tarArchive(pax('2 \n'), tarEntry({})),
      why: /wrong length|no key/,
    },
    { name: 'a record without newline', archive: tarArchive(pax('9 path=ab'), tarEntry({})), why: /wrong length/ },
    { name: 'a record without key', archive: tarArchive(pax('5 =a\n'), tarEntry({})), why: /no key/ },
    { name: 'a size that is none', archive: tarArchive(pax(paxRecord('size', '0x10')), tarEntry({})), why: /size/ },
    { name: 'an owner below 0', archive: tarArchive(pax(paxRecord('uid', '-1')), tarEntry({})), why: /uid/ },
    {
      name: 'a time without end',
      archive: tarArchive(pax(paxRecord('mtime', 'Infinity')), tarEntry({})),
      why: /mtime/,
    },
  ])('$name', ({ archive, why }) => {
    for (const step of [archive.byteLength, 512, 100]) {
      const error = thrown(() => read(archive, step));
      expect([error.code, error.message]).toEqual(['IMAGE_UNSUPPORTED', expect.stringMatching(why)]);
    }
  });

  test('a name that is no UTF-8', () => {
    const header = tarArchive(long('L', LONG), tarEntry({}));
    header[512] = 0xff;
    expect(thrown(() => read(header)).message).toMatch(/no UTF-8/);
  });
});
