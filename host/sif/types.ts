/** What an object points at: nothing, one object by ID, or every object of a group. */
export type SifLink =
  | { readonly kind: 'none' }
  | { readonly kind: 'object'; readonly id: number }
  | { readonly kind: 'group'; readonly group: number };

/** The global header. Offsets and sizes in bytes, times in unix seconds. */
export interface SifHeader {
  /** Text of the launch script without its NUL padding; empty for plugins. At most 31 bytes when written by anybody sane. */
  readonly launchScript: string;
  /** Two digits, or what else the file says: never decide anything by it, no signature protects it. */
  readonly arch: string;
  /** 16 bytes in RFC 4122 order, a view onto the file; all zero in a deterministic image. */
  readonly uuid: Uint8Array;
  /** Any i64, also one that `Date` cannot hold. */
  readonly created: bigint;
  readonly modified: bigint;
  readonly descriptorsFree: number;
  readonly descriptorsTotal: number;
  readonly tableOffset: number;
  readonly tableSize: number;
  readonly dataOffset: number;
  readonly dataSize: number;
}

/** One used slot of the table, without the data. Offsets and sizes in bytes, times in unix seconds. */
export interface SifDescriptor {
  /** Slot index + 1. Recycled: after a delete, the next object gets the lowest free one. */
  readonly id: number;
  /** One of `DATA_TYPE`, or a number that this version does not know. */
  readonly type: number;
  /** Group number, 0 for none. */
  readonly group: number;
  readonly link: SifLink;
  /** From the start of the file. */
  readonly offset: number;
  readonly size: number;
  /** `size` and the gap before it. */
  readonly paddedSize: number;
  readonly created: bigint;
  readonly modified: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  /** Foreign text: escape before printing. Bytes that are not UTF-8 show as U+FFFD. */
  readonly name: string;
  /** 384 bytes whose meaning depends on `type`; a view. See `readPartitionExtra` and `readSignatureExtra`. */
  readonly extra: Uint8Array;
}

/** A descriptor and its data. */
export interface SifObject extends SifDescriptor {
  /** `size` bytes: a view onto the file, not a copy. */
  readonly data: Uint8Array;
}

export interface SifImage {
  readonly header: SifHeader;
  /** Used slots in slot order, which is the order of their IDs. */
  readonly objects: readonly SifObject[];
}

/** What one object of a new image is made of. */
export interface SifInput {
  /** One of `DATA_TYPE`. */
  readonly type: number;
  /** Copied into the image. */
  readonly data: Uint8Array;
  /** At most 128 bytes of UTF-8, no control characters. Default empty. */
  readonly name?: string;
  /** 0 for none. Default 1, and 0 for signatures, as the Go library does. */
  readonly group?: number;
  /** Default none. */
  readonly link?: SifLink;
  /** In bytes; 0 or 1 means none. Default 4096 for partitions and none otherwise. */
  readonly alignment?: number;
  /** At most 384 bytes, padded with zeros. Default empty. */
  readonly extra?: Uint8Array;
  /** Unix seconds, for both of the object's times. Default: the image's (or the edit's) time. */
  readonly time?: bigint;
}
