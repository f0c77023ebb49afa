/**
 * SIF, format version "01": the numbers of the file.
 *
 *   | header 128 B | zeros | descriptorCount x 585 B | zeros | object | zeros | object | ...
 *   0                      4096                      32176 (48 slots)
 *
 * All integers are little-endian and packed, text fields are padded with NUL. Readers use the offsets stored in the header,
 * writers use the defaults below. Reference: sylabs/sif v2.8.3 and apptainer/sif v2.24, pkg/sif/{sif,descriptor}.go.
 * Pinned by sif-golden.test.ts, which holds the worked example's bytes.
 */
export const HEADER_SIZE = 128;
export const DESCRIPTOR_SIZE = 585;
export const DEFAULT_TABLE_OFFSET = 4096;
export const DEFAULT_CAPACITY = 48;
export const LAUNCH_SIZE = 32;
export const UUID_SIZE = 16;
export const NAME_SIZE = 128;
export const EXTRA_SIZE = 384;
/** Partitions start on a page of their own, everything else follows directly. */
export const PARTITION_ALIGNMENT = 4096;
/** Go's zero time in unix seconds: what deterministic images carry instead of a date. */
export const ZERO_TIME = -62135596800n;
/** Stored in the top four bits of every group number, and of a link that means a group. */
export const GROUP_MASK = 0xf0000000;

/** Byte offsets of the header's fields. */
export const HEADER = {
  launch: 0,
  magic: 32,
  version: 42,
  arch: 45,
  uuid: 48,
  created: 64,
  modified: 72,
  free: 80,
  total: 88,
  tableOffset: 96,
  tableSize: 104,
  dataOffset: 112,
  dataSize: 120,
} as const;

/** Byte offsets of a descriptor's fields, from the start of its slot. */
export const DESCRIPTOR = {
  type: 0,
  used: 4,
  id: 5,
  group: 9,
  link: 13,
  offset: 17,
  size: 25,
  paddedSize: 33,
  created: 41,
  modified: 49,
  uid: 57,
  gid: 65,
  name: 73,
  extra: 201,
} as const;

/** `SIF_MAGIC` + NUL. */
export const MAGIC = new Uint8Array([0x53, 0x49, 0x46, 0x5f, 0x4d, 0x41, 0x47, 0x49, 0x43, 0]);
/** `01` + NUL; compared exactly. */
export const VERSION = new Uint8Array([0x30, 0x31, 0]);

export const DATA_TYPE = {
  definitionFile: 0x4001,
  environment: 0x4002,
  labels: 0x4003,
  partition: 0x4004,
  signature: 0x4005,
  genericJson: 0x4006,
  generic: 0x4007,
  cryptoMessage: 0x4008,
  sbom: 0x4009,
  ociRootIndex: 0x400a,
  ociBlob: 0x400b,
} as const;

export const FS_TYPE = {
  squashfs: 1,
  ext3: 2,
  archive: 3,
  raw: 4,
  encryptedSquashfs: 5,
  gocryptfsSquashfs: 6,
} as const;
export const PARTITION_TYPE = { system: 1, primarySystem: 2, data: 3, overlay: 4 } as const;
export const HASH_TYPE = { sha256: 1, sha384: 2, sha512: 3, blake2s256: 4, blake2b256: 5 } as const;

/** Two digits each; there is none for WebAssembly, and `00` stands for "any". */
export const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['00', 'unknown'],
  ['01', '386'],
  ['02', 'amd64'],
  ['03', 'arm'],
  ['04', 'arm64'],
  ['05', 'ppc64'],
  ['06', 'ppc64le'],
  ['07', 'mips'],
  ['08', 'mipsle'],
  ['09', 'mips64'],
  ['10', 'mips64le'],
  ['11', 's390x'],
  ['12', 'riscv64'],
  ['13', 'loong64'],
]);
