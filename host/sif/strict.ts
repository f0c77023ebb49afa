import { escapeControls } from '../errors/index.js';
import { rawName } from './descriptor.js';
import { checkExtra, readPartitionExtra } from './extra.js';
import { malformed } from './fail.js';
import { isZero, untilNul } from './fields.js';
import { DATA_TYPE, DESCRIPTOR, DESCRIPTOR_SIZE, HEADER, HEADER_SIZE, PARTITION_TYPE } from './layout.js';
import type { SifDescriptor, SifHeader } from './types.js';

/**
 * What plugins must keep beyond what every readable image keeps: checks 10 to 13 of the format reference's section 7, and
 * no bytes that belong to nobody: neither behind the data nor in the gaps, where no signature would cover them.
 *
 * Apart from the bounds because upstream's own editor breaks these: `siftool del` leaves links to objects that are gone and
 * data that nobody owns. Nobody edits a plugin package in place, so there it is a sign of something hidden.
 *
 * @param file - the whole image, already read by `readSifHeader` and `readSifDescriptors`.
 * @throws PluginError `SIF_MALFORMED` with offset and reason.
 */
export function checkStrict(file: Uint8Array, header: SifHeader, descriptors: readonly SifDescriptor[]): void {
  for (const descriptor of descriptors) {
    const base = slotOffset(header, descriptor);
    const what = `descriptor ${descriptor.id}`;
    checkLink(descriptor, descriptors, what, base);
    checkName(file.subarray(base, base + DESCRIPTOR_SIZE), what, base);
    checkExtra(descriptor.type, descriptor.extra, what, base + DESCRIPTOR.extra);
  }
  checkPrimary(header, descriptors);
  const end = header.dataOffset + header.dataSize;
  checkGaps(file, header, descriptors);
  if (file.length !== end) throw malformed('file', end, `${file.length - end} bytes follow the end of the data`);
}

// Writers leave zeros where they skip; what is not zero was hidden there, or left behind by a delete.
function checkGaps(file: Uint8Array, header: SifHeader, descriptors: readonly SifDescriptor[]): void {
  const owned = [
    { offset: header.tableOffset, size: header.tableSize },
    ...descriptors.toSorted((a, b) => a.offset - b.offset),
    { offset: header.dataOffset + header.dataSize, size: 0 },
  ];
  let at = HEADER_SIZE;
  for (const { offset, size } of owned) {
    const stray = file.subarray(at, Math.max(at, offset)).findIndex((byte) => byte !== 0);
    if (stray !== -1) throw malformed('file', at + stray, 'there are bytes between the objects, which belong to none');
    at = Math.max(at, offset + size);
  }
}

function slotOffset(header: SifHeader, descriptor: SifDescriptor): number {
  return header.tableOffset + (descriptor.id - 1) * DESCRIPTOR_SIZE;
}

// The right kind: something other than itself, and nothing signs a signature.
function checkLink(from: SifDescriptor, all: readonly SifDescriptor[], what: string, base: number): void {
  const { link } = from;
  if (link.kind === 'none') return;
  const named = link.kind === 'object' ? `object ${link.id}` : `group ${link.group}`;
  const targets =
    link.kind === 'object'
      ? all.filter((one) => one.id === link.id && one.id !== from.id)
      : all.filter((one) => link.group !== 0 && one.group === link.group);
  if (targets.length === 0) {
    throw malformed(what, base + DESCRIPTOR.link, `it links to ${named}, which does not exist`);
  }
  if (from.type === DATA_TYPE.signature && targets.some((one) => one.type === DATA_TYPE.signature)) {
    throw malformed(
      what,
      base + DESCRIPTOR.link,
      `it is a signature and links to ${named}, which is or holds a signature`,
    );
  }
}

function checkName(slot: Uint8Array, what: string, base: number): void {
  const raw = rawName(slot);
  const used = untilNul(raw);
  const at = base + DESCRIPTOR.name;
  if (!isZero(raw.subarray(used.length))) throw malformed(what, at, 'the name has a NUL before its end');
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(used);
  } catch {
    throw malformed(what, at, 'the name is not valid UTF-8');
  }
  if (escapeControls(name) !== name) throw malformed(what, at, 'the name holds control characters');
}

function checkPrimary(header: SifHeader, descriptors: readonly SifDescriptor[]): void {
  const [first, second] = descriptors.filter(isPrimary);
  if (second !== undefined) {
    const at = slotOffset(header, second) + DESCRIPTOR.extra;
    throw malformed(`descriptor ${second.id}`, at, `it is a primary partition, and so is object ${first?.id}`);
  }
  const want = first === undefined ? '00' : readPartitionExtra(first.extra).arch;
  if (header.arch !== want) {
    throw malformed(
      'header',
      HEADER.arch,
      `the architecture is "${escapeControls(header.arch)}", it must be "${want}"`,
    );
  }
}

/** Whether `descriptor` is the partition that a container would boot from. At most one per image. */
export function isPrimary(descriptor: Pick<SifDescriptor, 'type' | 'extra'>): boolean {
  return (
    descriptor.type === DATA_TYPE.partition &&
    readPartitionExtra(descriptor.extra).partitionType === PARTITION_TYPE.primarySystem
  );
}
