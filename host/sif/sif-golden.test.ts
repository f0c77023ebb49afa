/** The worked example of the format, byte by byte: the same file that the Go library writes in its deterministic mode. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MANIFEST_TEXT, paddedComponent, pluginSif, signatureObject } from '../../test/support/sif-sample.js';
import { addObject, deleteObject, readPartitionExtra, readSif, readSignatureExtra, writeSif } from './index.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/(..)(?=.)/g, '$1 ');

const DSSE_ENVELOPE = (): Uint8Array => {
  const digest = (value: string): string => `sha256:${value}`;
  const payload = JSON.stringify({
    version: 1,
    header: { digest: digest('635fa0a14a8ef0c0351ed3e985799ed1d4f75ce973dea3cc76c99710795cc3f1') },
    objects: [
      {
        relativeId: 0,
        descriptorDigest: digest('8425e4d42779247cacd538213b68e288cfe169fbe3bf240706918ec44a3dbf34'),
        objectDigest: digest('4ed4020fcea39faf8cf02e2eaabd8e1d61d8cf749ca6cf2cecf51fa5137bc66e'),
      },
      {
        relativeId: 1,
        descriptorDigest: digest('c697bbe6a8b864cb52ac157f9e066c9df9b98b88b86b0e59765061932225ff1b'),
        objectDigest: digest('82afd1019c49b2c0e5d548f76986388a646102e274068c70736009a2cd8ea9b7'),
      },
    ],
  });
  const envelope = {
    payloadType: 'application/vnd.sylabs.sif-metadata+json',
    payload: Buffer.from(payload).toString('base64'),
    signatures: [
      {
        keyid: 'SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8',
        sig: 'Uz6xEiAaDcQTiSsRgynwHelknxMrgAaf3oLCjSieEHwmwogchnCev8J5DyLo0OOFpMnjvSKTRBb3NVYUHwE8Bg==',
      },
    ],
  };
  return new TextEncoder().encode(JSON.stringify(envelope));
};

const zeros = (count: number): string => Array(count).fill('00').join(' ');
const rows = [
  { at: 0x0000, want: zeros(32) },
  { at: 0x0020, want: '53 49 46 5f 4d 41 47 49 43 00 30 31 00 30 30 00' },
  { at: 0x0030, want: zeros(16) },
  { at: 0x0040, want: '00 09 6e 88 f1 ff ff ff 00 09 6e 88 f1 ff ff ff' },
  { at: 0x0050, want: '2e 00 00 00 00 00 00 00 30 00 00 00 00 00 00 00' },
  { at: 0x0060, want: '00 10 00 00 00 00 00 00 b0 6d 00 00 00 00 00 00' },
  { at: 0x0070, want: 'b0 7d 00 00 00 00 00 00 9c 0a 00 00 00 00 00 00' },
  { at: 0x1000, want: '04 40 00 00 01 01 00 00 00 01 00 00 f0 00 00 00' },
  { at: 0x1010, want: '00 00 80 00 00 00 00 00 00 00 08 00 00 00 00 00' },
  { at: 0x1020, want: '00 50 0a 00 00 00 00 00 00 00 09 6e 88 f1 ff ff' },
  { at: 0x1030, want: 'ff 00 09 6e 88 f1 ff ff ff 00' },
  { at: 0x1049, want: '70 6c 75 67 69 6e 2e 77 61 73 6d 00' },
  { at: 0x10c9, want: '04 00 00 00 03 00 00 00 30 30 00' },
  { at: 0x1249, want: '06 40 00 00 01 02 00 00 00 01 00 00 f0 00' },
  { at: 0x125a, want: '00 88 00 00 00 00 00 00 4c 00 00 00 00 00 00 00' },
  { at: 0x1292, want: '70 6c 75 67 69 6e 2e 6d 61 6e 69 66 65 73 74 00' },
  { at: 0x8000, want: '00 61 73 6d 0d 00 01 00 00 f5 0f 03 70 61 64 00' },
  { at: 0x8800, want: '7b 22 6e 61 6d 65 22 3a' },
];

describe('the worked example', () => {
  const file = pluginSif();

  test('writeSif() of nothing is 32176 known bytes', () => {
    const empty = writeSif([]);
    expect(empty.length).toBe(32176);
    expect(sha256(empty)).toBe('1987d6041b278a3a87810475ce3bbe5416bc0301471c29c1e2f020579a61f815');
  });

  test('writeSif() of a plugin is 34892 known bytes', () => {
    expect(file.length).toBe(34892);
    expect(sha256(file)).toBe('49ab5003e393b5147ca32d7fe560804567406ca6cb3a0884ab0e447dd4416f7b');
  });

  for (const { at, want } of rows) {
    test(`byte ${at.toString(16).padStart(8, '0')}`, () => {
      expect(hex(file.subarray(at, at + want.split(' ').length))).toBe(want);
    });
  }

  test('addObject() of the signature gives the known signed file, deleteObject() takes it back', () => {
    const envelope = DSSE_ENVELOPE();
    expect(sha256(envelope)).toBe('a8c3ca75da5ff9d73205a7931b44a8a542a0e0bcc4e3625aec0c85c3abab74e9');
    const signed = addObject(file, signatureObject(envelope));
    expect(signed.length).toBe(35830);
    expect(sha256(signed)).toBe('ab7215b3fce225aa022a8f6d771b5dc746b2c8ff2ddf6e189649ac6bcafbe8a0');
    expect(deleteObject(signed, 3, { compact: true })).toEqual(file);
  });

  test('readSif() gives back what went in', () => {
    const signed = addObject(file, signatureObject(DSSE_ENVELOPE()));
    const { header, objects } = readSif(signed, { profile: 'strict' });
    expect(header).toMatchObject({
      launchScript: '',
      arch: '00',
      created: -62135596800n,
      descriptorsFree: 45,
      dataSize: 3654,
    });
    const [component, manifest, signature] = objects;
    expect(component).toMatchObject({
      id: 1,
      type: 0x4004,
      group: 1,
      link: { kind: 'none' },
      offset: 32768,
      size: 2048,
    });
    expect(component?.data).toEqual(paddedComponent());
    expect(readPartitionExtra(component!.extra)).toEqual({ fsType: 4, partitionType: 3, arch: '00' });
    expect(manifest).toMatchObject({ id: 2, type: 0x4006, name: 'plugin.manifest', offset: 34816, paddedSize: 76 });
    expect(new TextDecoder().decode(manifest?.data)).toBe(MANIFEST_TEXT);
    expect(signature).toMatchObject({ id: 3, group: 0, link: { kind: 'group', group: 1 }, name: '', offset: 34892 });
    expect(readSignatureExtra(signature!.extra)).toEqual({ hashType: 1, entity: new Uint8Array(256) });
  });

  test('object data is a view onto the file, not a copy', () => {
    expect(readSif(file).objects[0]?.data.buffer).toBe(file.buffer);
  });
});
