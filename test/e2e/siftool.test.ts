/** host/sif and host/package against the program that Debian ships: what one writes the other reads, and byte for byte where both write. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packPlugin, readPackage } from '../../host/package/index.js';
import {
  addObject,
  DATA_TYPE,
  deleteObject,
  FS_TYPE,
  HASH_TYPE,
  PARTITION_TYPE,
  partitionExtra,
  readSif,
  type SifInput,
  signatureExtra,
  writeSif,
} from '../../host/sif/index.js';
import { needs } from '../support/need.js';
import { MANIFEST_TEXT, paddedComponent, pluginSif, signatureObject } from '../support/sif-sample.js';
import { tinyComponent } from '../support/tiny-component.js';

const FIXTURES = '/usr/share/gocode/src/github.com/sylabs/sif/test/images';
const folder = mkdtempSync(join(tmpdir(), 'siftool-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function siftool(...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('siftool', args, { maxBuffer: 2 ** 24 });
  if (status !== 0) throw new Error(`siftool ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}

const path = (name: string): string => join(folder, name);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)));
const put = (name: string, bytes: Uint8Array): string => {
  writeFileSync(path(name), bytes);
  return path(name);
};
const rows = (text: Buffer): string[][] =>
  `${text}`
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
/** `Key:   value` lines as a record. */
const fields = (text: Buffer): Record<string, string> =>
  Object.fromEntries(
    `${text}`
      .split('\n')
      .flatMap((line) => [/^\s*([^:]+):\s*(.*)$/.exec(line)?.slice(1, 3) ?? []])
      .filter((pair) => pair.length === 2),
  );
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe.skipIf(!needs('siftool'))('siftool reads ours:', () => {
  const signed = addObject(pluginSif(), signatureObject(new Uint8Array(938).fill(0x20)));
  let file = '';
  beforeAll(() => {
    file = put('ours.sif', signed);
  });

  test('it lists every object', () => {
    expect(rows(siftool('list', file))).toEqual([
      ['1', '1', 'NONE', '32768-34816', 'FS (Raw/Data/unknown)'],
      ['2', '1', 'NONE', '34816-34892', 'JSON.Generic'],
      ['3', 'NONE', '1   (G)', '34892-35830', 'Signature (SHA-256)'],
    ]);
  });

  test('it shows the header, without the ID and times of a deterministic image', () => {
    const shown = fields(siftool('header', file));
    expect(shown).toMatchObject({
      Version: '01',
      'Descriptors Free': '45',
      'Descriptors Total': '48',
      'Data Offset': '32176',
    });
    expect(shown).not.toHaveProperty('ID');
    expect(shown).not.toHaveProperty('Created At');
  });

  test('it shows each object', () => {
    expect(fields(siftool('info', '1', file))).toMatchObject({
      'Data Type': 'FS',
      Size: '2048',
      Name: 'plugin.wasm',
      'Filesystem Type': 'Raw',
      'Partition Type': 'Data',
      Architecture: 'unknown',
    });
    expect(fields(siftool('info', '2', file))).toMatchObject({
      'Data Type': 'JSON.Generic',
      Name: 'plugin.manifest',
      Offset: '34816',
    });
    expect(fields(siftool('info', '3', file))).toMatchObject({ 'Data Type': 'Signature', 'Linked ID': '1 (G)' });
  });

  test('it dumps each object byte for byte', () => {
    for (const { id, data } of readSif(signed).objects) {
      expect(same(siftool('dump', `${id}`, file), data)).toBe(true);
    }
  });

  test('it edits ours, and we read the result', () => {
    const edited = put('edited.sif', pluginSif());
    siftool('del', '1', edited);
    const extra = put('extra.txt', new TextEncoder().encode('more'));
    siftool('add', edited, extra, '--datatype', '7', '--groupid', '2', '--filename', 'more');
    const { objects } = readSif(read('edited.sif'));
    expect(objects.map(({ id, name, group }) => ({ id, name, group }))).toEqual([
      { id: 1, name: 'more', group: 2 },
      { id: 2, name: 'plugin.manifest', group: 1 },
    ]);
    expect(new TextDecoder().decode(objects[0]?.data)).toBe('more');
  });
});

interface Written {
  readonly flags: string[];
  readonly object: SifInput;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const partition = (fsType: number, partitionType: number, arch: string): Uint8Array =>
  partitionExtra({ fsType, partitionType, arch });
/** One of each kind, as siftool's flags and as our input. */
const written: Written[] = [
  {
    flags: '--datatype 4 --parttype 3 --partfs 4 --partarch 2 --groupid 1 --filename plugin.wasm'.split(' '),
    object: {
      type: DATA_TYPE.partition,
      data: paddedComponent(),
      name: 'plugin.wasm',
      extra: partition(FS_TYPE.raw, PARTITION_TYPE.data, '02'),
    },
  },
  {
    flags: '--datatype 6 --groupid 1 --filename plugin.manifest'.split(' '),
    object: { type: DATA_TYPE.genericJson, data: text(MANIFEST_TEXT), name: 'plugin.manifest' },
  },
  {
    flags: '--datatype 5 --signhash 1 --signentity 433FE984155206BD962725E20E8713472A879943 --link 4026531841'.split(
      ' ',
    ),
    object: {
      ...signatureObject(text('not really signed')),
      extra: signatureExtra(
        HASH_TYPE.sha256,
        new Uint8Array(Buffer.from('433FE984155206BD962725E20E8713472A879943', 'hex')),
      ),
    },
  },
  {
    flags: '--datatype 4 --parttype 2 --partfs 1 --partarch 4 --groupid 2'.split(' '),
    object: {
      type: DATA_TYPE.partition,
      data: text('root'),
      group: 2,
      extra: partition(FS_TYPE.squashfs, PARTITION_TYPE.primarySystem, '04'),
    },
  },
  {
    flags: '--datatype 1 --alignment 512 --link 1 --filename recipe.def'.split(' '),
    object: {
      type: DATA_TYPE.definitionFile,
      data: text('Bootstrap: docker\n'),
      name: 'recipe.def',
      group: 0,
      alignment: 512,
      link: { kind: 'object', id: 1 },
    },
  },
  {
    flags: '--datatype 9 --sbomformat syft-json'.split(' '),
    object: { type: DATA_TYPE.sbom, data: text('{}'), group: 0, extra: new Uint8Array([8, 0, 0, 0]) },
  },
];

describe.skipIf(!needs('siftool'))('we write what siftool writes:', () => {
  test('new, add of each kind, and del give the same bytes, times and UUID aside', () => {
    siftool('new', path('theirs.sif'));
    const { header } = readSif(read('theirs.sif'));
    let ours = writeSif([], { uuid: header.uuid, time: header.created });
    expect(same(ours, read('theirs.sif'))).toBe(true);
    for (const [index, { flags, object }] of written.entries()) {
      siftool('add', path('theirs.sif'), put('object', object.data), ...flags);
      const theirs = readSif(read('theirs.sif'));
      ours = addObject(ours, object, { time: theirs.objects[index]!.created });
      expect(same(ours, read('theirs.sif')), flags.join(' ')).toBe(true);
    }
    for (const id of [4, 1]) {
      siftool('del', `${id}`, path('theirs.sif'));
      ours = deleteObject(ours, id, { time: readSif(read('theirs.sif')).header.modified });
      expect(same(ours, read('theirs.sif')), `del ${id}`).toBe(true);
    }
  });
});

describe.skipIf(!needs('siftool'))('packages:', () => {
  test('we read a package that siftool made, which has a date and an architecture', () => {
    siftool('new', path('package.sif'));
    for (const { flags, object } of written.slice(0, 2)) {
      siftool('add', path('package.sif'), put('object', object.data), ...flags);
    }
    expect(readPackage(read('package.sif')).manifest.name).toBe('example.com/foo');
  });

  test('siftool lists and dumps a package that we made', () => {
    const { manifest } = readPackage(pluginSif());
    const component = tinyComponent({ imports: ['wasm-plugin:host/log@1.0.0'] });
    const packed = packPlugin({ component, manifest });
    const file = put('packed.sif', packed);
    expect(rows(siftool('list', file)).map((row) => row.at(-1))).toEqual(['FS (Raw/Data/unknown)', 'JSON.Generic']);
    expect(same(siftool('dump', '1', file), readPackage(packed).component)).toBe(true);
    expect(`${siftool('dump', '2', file)}`).toBe(MANIFEST_TEXT);
  });

  test('we refuse a package from which siftool deleted something', () => {
    siftool('add', path('package.sif'), put('object', text('more')), '--datatype', '7');
    siftool('del', '3', path('package.sif'));
    expect(() => readPackage(read('package.sif'))).toThrow(expect.objectContaining({ code: 'SIF_MALFORMED' }));
  });
});

function fixtures(): string[] {
  if (existsSync(FIXTURES)) return readdirSync(FIXTURES).filter((name) => name.endsWith('.sif'));
  if (process.env.CI === 'true')
    throw new Error('This test needs golang-github-sylabs-sif-dev, which .ci/run must install');
  return [];
}

describe.skipIf(fixtures().length === 0)('images of the reference implementation:', () => {
  test('there are seventeen or more', () => expect(fixtures().length).toBeGreaterThanOrEqual(17));

  for (const name of fixtures()) {
    test.skipIf(!needs('siftool'))(`${name} reads as siftool reads it`, () => {
      const file = join(FIXTURES, name);
      const { header, objects } = readSif(new Uint8Array(readFileSync(file)));
      const listed = rows(siftool('list', file)).map(([id, group, , position]) => [id, group, position]);
      expect(
        objects.map((one) => [
          `${one.id}`,
          one.group === 0 ? 'NONE' : `${one.group}`,
          `${one.offset}-${one.offset + one.size}`,
        ]),
      ).toEqual(listed);
      for (const { id, data } of objects) expect(same(siftool('dump', `${id}`, file), data)).toBe(true);
      expect(fields(siftool('header', file))['Descriptors Free']).toBe(`${header.descriptorsFree}`);
    });
  }
});
