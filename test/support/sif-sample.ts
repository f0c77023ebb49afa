/** The worked example of the SIF format, and ways to bend it. */
import {
  DATA_TYPE,
  FS_TYPE,
  HASH_TYPE,
  PARTITION_TYPE,
  partitionExtra,
  type SifInput,
  signatureExtra,
  writeSif,
} from '../../host/sif/index.js';

/** An empty component, padded to 2048 bytes with a custom section named `pad`. */
export function paddedComponent(): Uint8Array {
  const bytes = new Uint8Array(2048);
  bytes.set([0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, 0x00, 0xf5, 0x0f, 0x03, 0x70, 0x61, 0x64]);
  return bytes;
}

export const MANIFEST_TEXT = '{"name":"example.com/foo","author":"A","version":"0.1.0","description":"d"}\n';

export function pluginObjects(): SifInput[] {
  const extra = partitionExtra({ fsType: FS_TYPE.raw, partitionType: PARTITION_TYPE.data, arch: '00' });
  return [
    { type: DATA_TYPE.partition, name: 'plugin.wasm', data: paddedComponent(), extra },
    { type: DATA_TYPE.genericJson, name: 'plugin.manifest', data: new TextEncoder().encode(MANIFEST_TEXT) },
  ];
}

export function signatureObject(data: Uint8Array): SifInput {
  return {
    type: DATA_TYPE.signature,
    data,
    link: { kind: 'group', group: 1 },
    extra: signatureExtra(HASH_TYPE.sha256),
  };
}

/** The two-object image of 34892 bytes. */
export function pluginSif(): Uint8Array {
  return writeSif(pluginObjects());
}

export function slotAt(id: number): number {
  return 4096 + (id - 1) * 585;
}

export function withU32(file: Uint8Array, at: number, value: number): Uint8Array {
  const copy = file.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

export function withI64(file: Uint8Array, at: number, value: bigint): Uint8Array {
  const copy = file.slice();
  new DataView(copy.buffer).setBigInt64(at, value, true);
  return copy;
}

export function withBytes(file: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  const copy = file.slice();
  copy.set(bytes, at);
  return copy;
}
