import type { PluginError } from '../errors/index.js';
import { malformed } from './fail.js';
import { isZero, paddedText, viewOf } from './fields.js';
import { DATA_TYPE, EXTRA_SIZE, FS_TYPE, HASH_TYPE, PARTITION_TYPE } from './layout.js';

/** What a partition's `extra` says. Numbers are those of `FS_TYPE` and `PARTITION_TYPE` where they are known. */
export interface PartitionExtra {
  readonly fsType: number;
  readonly partitionType: number;
  /** Two digits, see `ARCHITECTURES`; `00` for none. */
  readonly arch: string;
}

/** What a signature's `extra` says. */
export interface SignatureExtra {
  /** One of `HASH_TYPE` where it is known. */
  readonly hashType: number;
  /** 256 bytes: the OpenPGP primary fingerprint (20) and zeros, or all zero for DSSE. A view. */
  readonly entity: Uint8Array;
}

const ARCH = /^[0-9]{2}$/;
const PARTITION_EXTRA_SIZE = 11;
const SIGNATURE_EXTRA_SIZE = 260;
const CRYPTO_EXTRA_SIZE = 8;
const SBOM_EXTRA_SIZE = 4;
/** `sha256:` and 64 digits. */
const OCI_EXTRA_SIZE = 71;
const ENTITY_AT = 4;
const CRYPTO_FORMATS: readonly number[] = [1, 2];
const CRYPTO_MESSAGES: readonly number[] = [0x100, 0x200];
const SBOM_FORMATS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8];
const OCI_DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Decode a partition's `extra`; never throws, whatever the numbers are. */
export function readPartitionExtra(extra: Uint8Array): PartitionExtra {
  const view = viewOf(extra);
  return {
    fsType: view.getInt32(0, true),
    partitionType: view.getInt32(4, true),
    arch: paddedText(extra.subarray(8, PARTITION_EXTRA_SIZE)),
  };
}

/** Decode a signature's `extra`; never throws, whatever the numbers are. */
export function readSignatureExtra(extra: Uint8Array): SignatureExtra {
  return { hashType: viewOf(extra).getInt32(0, true), entity: extra.subarray(ENTITY_AT, SIGNATURE_EXTRA_SIZE) };
}

/**
 * The `extra` of a new partition.
 *
 * The Go library refuses to write arch `00`; a component runs everywhere, so here it is the normal case.
 *
 * @throws RangeError if `arch` is not two digits.
 */
export function partitionExtra(fields: PartitionExtra): Uint8Array {
  if (!ARCH.test(fields.arch)) throw new RangeError(`A partition's arch is two digits, got "${fields.arch}"`);
  const extra = new Uint8Array(PARTITION_EXTRA_SIZE);
  const view = viewOf(extra);
  view.setInt32(0, fields.fsType, true);
  view.setInt32(4, fields.partitionType, true);
  extra.set(new TextEncoder().encode(fields.arch), 8);
  return extra;
}

/**
 * The `extra` of a new signature object.
 *
 * @param entity - at most 256 bytes, padded with zeros. Default none, as for DSSE.
 * @throws RangeError if `entity` is longer.
 */
export function signatureExtra(hashType: number, entity: Uint8Array = new Uint8Array(0)): Uint8Array {
  if (entity.length > SIGNATURE_EXTRA_SIZE - ENTITY_AT) {
    throw new RangeError(`A signature's entity has at most 256 bytes, got ${entity.length}`);
  }
  const extra = new Uint8Array(SIGNATURE_EXTRA_SIZE);
  viewOf(extra).setInt32(0, hashType, true);
  extra.set(entity, ENTITY_AT);
  return extra;
}

/**
 * Check 12 of the strict profile: enumerations that are known, and zeros behind them.
 *
 * Types that this version does not know may carry anything; nobody reads it.
 *
 * @param base - offset of `extra` in the file, for messages.
 * @throws PluginError `SIF_MALFORMED`.
 */
export function checkExtra(type: number, extra: Uint8Array, what: string, base: number): void {
  const end = checkFields(type, extra, (at, reason) => malformed(what, base + at, reason));
  if (!isZero(extra.subarray(end, EXTRA_SIZE))) {
    throw malformed(what, base + end, 'the rest of the extra field is not zero');
  }
}

/** Checks the fields that `type` has, and says where they end. */
function checkFields(type: number, extra: Uint8Array, error: (at: number, reason: string) => PluginError): number {
  const view = viewOf(extra);
  const oneOf = (at: number, known: readonly number[], field: string): void => {
    const value = view.getInt32(at, true);
    if (!known.includes(value)) throw error(at, `the ${field} is ${value}, known are ${known.join(', ')}`);
  };
  switch (type) {
    case DATA_TYPE.partition:
      oneOf(0, Object.values(FS_TYPE), 'file system type');
      oneOf(4, Object.values(PARTITION_TYPE), 'partition type');
      // Any code will do: nothing is decided by it, and new ones appear.
      if (!ARCH.test(readPartitionExtra(extra).arch)) throw error(8, 'the architecture is not two digits and NUL');
      return PARTITION_EXTRA_SIZE;
    case DATA_TYPE.signature:
      oneOf(0, Object.values(HASH_TYPE), 'hash type');
      return SIGNATURE_EXTRA_SIZE;
    case DATA_TYPE.cryptoMessage:
      oneOf(0, CRYPTO_FORMATS, 'message format');
      oneOf(4, CRYPTO_MESSAGES, 'message type');
      return CRYPTO_EXTRA_SIZE;
    case DATA_TYPE.sbom:
      oneOf(0, SBOM_FORMATS, 'SBOM format');
      return SBOM_EXTRA_SIZE;
    case DATA_TYPE.ociRootIndex:
    case DATA_TYPE.ociBlob:
      if (!OCI_DIGEST.test(paddedText(extra))) throw error(0, 'the digest is not sha256: and 64 hex digits');
      return OCI_EXTRA_SIZE;
    case DATA_TYPE.definitionFile:
    case DATA_TYPE.environment:
    case DATA_TYPE.labels:
    case DATA_TYPE.genericJson:
    case DATA_TYPE.generic:
      return 0;
    default:
      return EXTRA_SIZE;
  }
}
