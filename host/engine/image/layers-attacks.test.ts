/** Layers that nobody means well with: the image that comes out is whatever they say, and nothing outside of it is touched. */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { paxRecord, tarArchive, tarEntry } from '../../../test/support/tar.js';
import { rejected } from '../../../test/support/thrown.js';
import { listTree } from '../../../test/support/tree.js';
import { createRootfs, type RootfsPolicy, removeRootfs } from '../../capability/index.js';
import { createLayerSink, type LayerLimits } from './layer-sink.js';
import { unpackLayers } from './layers.js';
import { createTarReader } from './tar/index.js';

let base = '';
let root = '';

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'wasm-plugin-layers-'));
  root = join(base, 'root');
  mkdirSync(root);
  mkdirSync(join(base, 'outside'));
  writeFileSync(join(base, 'outside/secret'), 'kept', { mode: 0o600 });
});
afterEach(() => removeRootfs(base));

async function unpack(layers: readonly Uint8Array[], policy: Partial<RootfsPolicy> = {}): Promise<void> {
  const made = createRootfs(root, policy);
  const files = layers.map((bytes, index) => {
    const path = join(base, `layer-${index}`);
    writeFileSync(path, bytes);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    return { fd: openSync(path, 'r'), size: bytes.byteLength, digest };
  });
  try {
    await unpackLayers(files, made, { image: 'an image' });
    made.close();
  } finally {
    made.abort();
    for (const { fd } of files) closeSync(fd);
  }
}

const file = (name: string, data = 'x') => tarEntry({ name, data });
const folder = (name: string) => tarEntry({ name, type: '5', mode: '0000755' });
const link = (name: string, target: string) => tarEntry({ name, type: '2', link: target });
const second = (name: string, existing: string) => tarEntry({ name, type: '1', link: existing });
const pax = (key: string, value: string) => tarEntry({ type: 'x', data: paxRecord(key, value) });

describe('what stays inside', () => {
  const below = tarArchive(file('outside/secret', 'inner'), file('etc/passwd', 'inner'), link('up', '../../outside'));
  const cases: { name: string; above: Uint8Array[]; want: string[] }[] = [
    { name: 'taking away through a link that climbs', above: [file('up/.wh.secret')], want: ['etc/passwd'] },
    { name: 'clearing through a link that climbs', above: [file('up/.wh..wh..opq')], want: ['etc/passwd'] },
    {
      name: 'what is new, by another name of its folder',
      above: [file('outside/new'), file('up/.wh..wh..opq'), file('up/.wh.new')],
      want: ['etc/passwd', 'outside/new'],
    },
    {
      name: 'what is new, by a name of its folder that is one itself',
      above: [link('abs', 'etc'), file('abs/new'), file('etc/.wh..wh..opq'), second('hard', 'abs/new')],
      want: ['etc/new', 'hard', 'outside/secret'],
    },
    {
      name: 'taking away through an absolute link of the same layer',
      above: [link('abs', '/etc'), file('abs/.wh.passwd')],
      want: ['outside/secret'],
    },
    {
      name: 'clearing a link, not what it leads to',
      above: [link('top', '/'), file('top/.wh.up')],
      want: ['etc/passwd', 'outside/secret'],
    },
    {
      name: 'a second name through a link that climbs',
      above: [second('stolen', 'up/secret')],
      want: ['etc/passwd', 'outside/secret', 'stolen'],
    },
    {
      name: 'a folder, a file, a link and a file again by one name',
      above: [folder('s/'), file('s/a'), file('s'), link('s', '/etc'), file('s/new'), file('s')],
      want: ['etc/new', 'etc/passwd', 'outside/secret', 's'],
    },
    {
      name: 'a file that was taken away, by its second name',
      above: [second('kept', 'etc/passwd'), file('etc/.wh.passwd')],
      want: ['kept', 'outside/secret'],
    },
    {
      name: 'one name over and over',
      above: [file('n', '1'), file('n', '2'), file('./n', '3'), file('/n', '4')],
      want: ['etc/passwd', 'n', 'outside/secret'],
    },
    {
      name: "a path of pax in place of the header's",
      above: [pax('path', 'from-pax'), file('../../outside/secret')],
      want: ['etc/passwd', 'from-pax', 'outside/secret'],
    },
    {
      name: 'names that act on a terminal',
      above: [file('\u001b[2J\n'), file('\u202e')],
      want: ['\u001b[2J\n', 'etc/passwd', 'outside/secret', '\u202e'],
    },
  ];
  test.each(cases)('$name', async ({ above, want }) => {
    await unpack([below, tarArchive(...above)]);
    const files = listTree(root).flatMap((line) => /^(.*) file /s.exec(line)?.[1] ?? []);
    expect(files.sort()).toEqual([...want].sort());
    expect(listTree(join(base, 'outside'))).toEqual([expect.stringMatching(/^\. folder/), 'secret file 600 kept']);
  });
});

describe('what is refused, with nothing left', () => {
  const huge = (size: string) => tarEntry({ name: 'a', size, data: 'x' });
  const cases: { name: string; bytes: Uint8Array; code?: string; why: RegExp; policy?: Partial<RootfsPolicy> }[] = [
    {
      name: 'a file of 2^40 bytes that are not there',
      bytes: huge('\x80\0\0\0\0\0\x01\0\0\0\0\0'),
      why: /ends in the middle/,
    },
    {
      name: 'a size of pax of 2^52',
      bytes: tarArchive(pax('size', `${2 ** 52}`), file('a')),
      why: /ends in the middle/,
    },
    { name: 'a size of pax of 2^60', bytes: tarArchive(pax('size', `${2n ** 60n}`), file('a')), why: /size/ },
    {
      name: 'a size of pax that eats the next header',
      bytes: tarArchive(pax('size', '600'), file('a'), file('b')),
      why: /octal|checksum|middle/,
    },
    {
      name: 'a path of pax that climbs',
      bytes: tarArchive(pax('path', 'a/../../b'), file('a')),
      why: /the part "\.\."/,
    },
    { name: 'a path of pax with NUL', bytes: tarArchive(pax('path', 'a\0b'), file('a')), why: /NUL|zero/i },
    {
      name: 'a second name of pax that climbs',
      bytes: tarArchive(file('a'), pax('linkpath', '../a'), second('b', 'a')),
      why: /"\.\."/,
    },
    { name: 'a second name of a folder', bytes: tarArchive(folder('d/'), second('b', 'd')), why: /no regular file/ },
    {
      name: 'more bytes than allowed, packed small',
      bytes: zlib.gzipSync(tarArchive(file('a', 'x'.repeat(2 ** 20)))),
      code: 'LIMIT_EXCEEDED',
      why: /1000 bytes/,
      policy: { maxBytes: 1000 },
    },
    {
      name: 'an error with a name that acts on a terminal',
      bytes: tarArchive(file('\u001b[2J/../x')),
      why: /the part "\.\."/,
    },
  ];
  test.each(cases)('$name', async ({ bytes, code = 'IMAGE_UNSUPPORTED', why, policy }) => {
    const error = await rejected(unpack([bytes], policy));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(why)]);
    expect(error.message).not.toContain('\u001b');
    expect(listTree(root)).toEqual(['. folder 700']);
  });
});

describe('work without end', () => {
  /** One entry over and over, after others. @returns how many there were when it was refused. */
  const feed = (first: readonly Uint8Array[], again: Uint8Array, limits: LayerLimits): number => {
    const made = createRootfs(root);
    const reader = createTarReader(createLayerSink(made, limits));
    let done = 0;
    try {
      for (const entry of first) reader.push(entry);
      for (; done < 10_000; done++) reader.push(again);
    } catch (error) {
      expect(error).toMatchObject({ code: 'limit' });
    } finally {
      made.abort();
    }
    return done;
  };

  test('whiteouts of what is not there', () => {
    expect(feed([], tarEntry({ name: '.wh.gone' }), { entries: 5000, looks: 1 })).toBe(5000);
  });

  test('clearing a folder with much in it, by another name', () => {
    const own = Array.from({ length: 100 }, (_, index) => tarEntry({ name: `d/${index}` }));
    // 101 looks each, with the link.
    const opaque = tarEntry({ name: 'd/d/d/.wh..wh..opq' });
    expect(feed([...own, link('d/d', '.')], opaque, { entries: 20_000, looks: 101 * 50 })).toBe(50);
  });
});
