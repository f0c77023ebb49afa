import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { pluginObjects, pluginSif, signatureObject, slotAt, withU32 } from '../../test/support/sif-sample.js';
import { tinyComponent } from '../../test/support/tiny-component.js';
import { PluginError } from '../errors/index.js';
import { addObject, DATA_TYPE, deleteObject, readSif, type SifInput, writeSif } from '../sif/index.js';
import { DEFAULT_PACKAGE_LIMITS, type Manifest, packPlugin, readPackage } from './index.js';

const manifest: Manifest = {
  name: 'example.com/foo',
  author: 'A',
  version: '0.1.0',
  description: 'd',
  requests: [],
  contributes: { commands: [], flags: [], phases: [] },
};
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const [component, text] = pluginObjects() as [SifInput, SifInput];
const signature = signatureObject(new Uint8Array(16));
const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('packPlugin()', () => {
  test('of an empty component is the worked example of the format', () => {
    const file = packPlugin({ component: tinyComponent(), manifest });
    expect(sha256(file)).toBe('49ab5003e393b5147ca32d7fe560804567406ca6cb3a0884ab0e447dd4416f7b');
  });

  test('takes a manifest as its author writes it', () => {
    const { requests: _, contributes: __, ...written } = manifest;
    const file = packPlugin({ component: tinyComponent(), manifest: written });
    expect(file).toEqual(packPlugin({ component: tinyComponent(), manifest }));
    const contributes = { flags: [{ commands: ['run'], name: 'x', type: 'bool', usage: 'do x' }] } as const;
    expect(
      readPackage(packPlugin({ component: tinyComponent(), manifest: { ...written, contributes } })).manifest
        .contributes,
    ).toEqual({ commands: [], phases: [], ...contributes });
  });

  test('keeps a large component byte for byte', () => {
    const large = new Uint8Array(5000);
    large.set([...tinyComponent(), 0, 0xfd, 0x26]);
    expect(readPackage(packPlugin({ component: large, manifest })).component).toEqual(large);
  });

  const refused = [
    {
      name: 'a core module',
      component: new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
      manifest,
      code: /^COMPONENT_/,
    },
    { name: 'bytes that are no component', component: encode('hello, world'), manifest, code: /^COMPONENT_MALFORMED$/ },
    {
      name: 'a bad name',
      component: tinyComponent(),
      manifest: { ...manifest, name: '/x' },
      code: /^MANIFEST_INVALID$/,
    },
    {
      name: 'a misspelt key',
      component: tinyComponent(),
      manifest: { ...manifest, monitor: 'x' as 'observe' },
      code: /^MANIFEST_INVALID$/,
    },
  ];
  for (const { name, code, ...options } of refused) {
    test(`refuses ${name}`, () => {
      expect(() => packPlugin(options)).toThrow(expect.objectContaining({ code: expect.stringMatching(code) }));
    });
  }
});

describe('readPackage()', () => {
  const hook = 'wasm-plugin:hook/engine-config@1.0.0';
  const capability = 'wasm-plugin:host/log@1.0.0';
  const own = 'acme:score/score@1.2.0';
  const imports = [capability, 'wasi:cli/stdout@0.2.6'];
  const file = packPlugin({
    component: tinyComponent({ imports, exports: [hook, own, 'wasi:cli/run@0.2.6'] }),
    manifest,
  });

  test('says what is in it', () => {
    const read = readPackage(file);
    expect(read.manifest).toEqual(manifest);
    expect(read.digest).toBe(`sha256:${sha256(file)}`);
    expect(read).toMatchObject({ hooks: [hook, own], capabilities: [capability], imports, notes: [] });
    expect(read.component.buffer).toBe(file.buffer);
  });

  test('notes what a newer version may know', () => {
    const newer = encode('{"name":"a","author":"","version":"1.0.0","description":"","requests":["gpu"],"x":1}');
    const read = readPackage(writeSif([component, { ...text, data: newer }]));
    expect(read.notes).toHaveLength(2);
    expect(read.manifest.requests).toEqual([]);
  });

  const accepted = [
    { name: 'a signed package', bytes: addObject(pluginSif(), signature) },
    { name: 'a package with two signatures', bytes: addObject(addObject(pluginSif(), signature), signature) },
    { name: 'the manifest first', bytes: writeSif([text, component]) },
    {
      name: 'a random UUID and a date',
      bytes: writeSif([component, text], { uuid: new Uint8Array(16).fill(9), time: 1n }),
    },
    { name: 'another architecture', bytes: writeSif([{ ...component, extra: withArch('02') }, text]) },
  ];
  for (const { name, bytes } of accepted) {
    test(`accepts ${name}`, () => expect(readPackage(bytes).manifest.name).toBe('example.com/foo'));
  }

  const other: SifInput = { type: DATA_TYPE.generic, data: encode('x'), name: 'extra' };
  const refused = [
    { name: 'an empty SIF', bytes: writeSif([]), want: 'it holds no plugin.wasm' },
    { name: 'no manifest', bytes: writeSif([component]), want: 'it holds no plugin.manifest' },
    { name: 'a third object', bytes: writeSif([component, text, other]), want: 'it holds object 3, "extra"' },
    { name: 'two components', bytes: writeSif([component, text, component]), want: 'it holds object 3, "plugin.wasm"' },
    { name: 'two manifests', bytes: writeSif([component, text, text]), want: 'it holds object 3, "plugin.manifest"' },
    {
      name: 'a native plugin',
      bytes: writeSif([{ ...component, name: 'plugin.so' }, text]),
      want: 'it is a native Apptainer plugin',
    },
    { name: 'a container image', bytes: writeSif([{ ...component, name: 'root' }]), want: 'it holds object 1, "root"' },
    { name: 'a component in another group', bytes: writeSif([{ ...component, group: 2 }, text]), want: 'in group 2' },
    { name: 'a manifest in no group', bytes: writeSif([component, { ...text, group: 0 }]), want: 'in group 0' },
    {
      name: 'a manifest with a link',
      bytes: writeSif([component, { ...text, link: { kind: 'object', id: 1 } }]),
      want: 'links',
    },
    {
      name: 'a component that is JSON',
      bytes: writeSif([{ ...text, name: 'plugin.wasm' }, text]),
      want: 'not a raw data partition',
    },
    { name: 'a squashfs component', bytes: withU32(pluginSif(), slotAt(1) + 201, 1), want: 'not a raw data partition' },
    { name: 'an overlay component', bytes: withU32(pluginSif(), slotAt(1) + 205, 4), want: 'not a raw data partition' },
    {
      name: 'a manifest that is generic',
      bytes: writeSif([component, { ...text, type: DATA_TYPE.generic }]),
      want: 'not a JSON object',
    },
    {
      name: 'a signature of one object',
      bytes: addObject(pluginSif(), { ...signature, link: { kind: 'object', id: 1 } }),
      want: 'not over group 1',
    },
    {
      name: 'a signature of nothing',
      bytes: addObject(pluginSif(), { ...signature, link: { kind: 'none' } }),
      want: 'not over group 1',
    },
    {
      name: 'a launch script',
      bytes: writeSif([component, text], { launchScript: '#!/bin/sh\n' }),
      want: 'it has a launch script',
    },
  ];
  for (const { name, bytes, want } of refused) {
    test(`refuses ${name}`, () => {
      expect(() => readPackage(bytes)).toThrow(
        expect.objectContaining({ code: 'PACKAGE_INVALID', message: expect.stringContaining(want) }),
      );
    });
  }

  test('refuses bytes behind the data', () => {
    expect(() => readPackage(new Uint8Array([...pluginSif(), 0]))).toThrow(
      expect.objectContaining({ code: 'SIF_MALFORMED' }),
    );
  });

  test('refuses what a deleted object left behind', () => {
    const edited = deleteObject(addObject(pluginSif(), other), 3);
    expect(readSif(edited).objects).toHaveLength(2);
    expect(() => readPackage(edited)).toThrow(expect.objectContaining({ code: 'SIF_MALFORMED' }));
    expect(readPackage(deleteObject(addObject(pluginSif(), other), 3, { compact: true })).manifest.name).toBe(
      'example.com/foo',
    );
  });

  test('holds its limits', () => {
    const limits = { ...DEFAULT_PACKAGE_LIMITS, maxObjectBytes: 2047 };
    expect(() => readPackage(pluginSif(), limits)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });

  test('says so when the file is no SIF at all', () => {
    const error = catchError(() => readPackage(tinyComponent()));
    expect(error).toMatchObject({ code: 'SIF_MALFORMED' });
  });
});

function withArch(arch: string): Uint8Array {
  return new Uint8Array([4, 0, 0, 0, 3, 0, 0, 0, ...encode(arch)]);
}

function catchError(make: () => unknown): PluginError {
  try {
    make();
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
