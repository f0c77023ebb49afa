import { malformed } from './fail.js';
import { isZero, paddedText, readSize, viewOf } from './fields.js';
import { DESCRIPTOR, DESCRIPTOR_SIZE, EXTRA_SIZE, GROUP_MASK, NAME_SIZE } from './layout.js';
import type { SifDescriptor, SifLink } from './types.js';

/**
 * Decode one slot of the descriptor table.
 *
 * Checks what can be said without the other slots: the used byte, an ID that fits the slot, the tag bits of group and
 * link, and sizes that are numbers. Where the data lies is `readSifDescriptors`' question.
 *
 * @param slot - the 585 bytes of the slot.
 * @param index - of the slot in the table, from 0.
 * @param base - byte offset of the slot in the file, for messages.
 * @returns undefined for an unused slot; `extra` is a view onto `slot`.
 * @throws PluginError `SIF_MALFORMED`.
 */
export function decodeDescriptor(slot: Uint8Array, index: number, base: number): SifDescriptor | undefined {
  const what = `descriptor ${index + 1}`;
  const view = viewOf(slot);
  const used = view.getUint8(DESCRIPTOR.used);
  if (used === 0) {
    if (!isZero(slot)) throw malformed(what, base, 'the slot is unused but not all zero');
    return undefined;
  }
  // Go counts any other byte as true: two readers would see two different files.
  if (used !== 1) throw malformed(what, base + DESCRIPTOR.used, `the used byte is ${used}, it must be 0 or 1`);
  const id = view.getUint32(DESCRIPTOR.id, true);
  if (id !== index + 1)
    throw malformed(what, base + DESCRIPTOR.id, `the ID is ${id}, in this slot it must be ${index + 1}`);
  return {
    id,
    type: view.getInt32(DESCRIPTOR.type, true),
    group: decodeGroup(view.getUint32(DESCRIPTOR.group, true), what, base),
    link: decodeLink(view.getUint32(DESCRIPTOR.link, true), what, base),
    offset: readSize(view, DESCRIPTOR.offset, base, what, 'offset'),
    size: readSize(view, DESCRIPTOR.size, base, what, 'size'),
    paddedSize: readSize(view, DESCRIPTOR.paddedSize, base, what, 'size with padding'),
    created: view.getBigInt64(DESCRIPTOR.created, true),
    modified: view.getBigInt64(DESCRIPTOR.modified, true),
    uid: view.getBigInt64(DESCRIPTOR.uid, true),
    gid: view.getBigInt64(DESCRIPTOR.gid, true),
    name: paddedText(rawName(slot)),
    extra: slot.subarray(DESCRIPTOR.extra, DESCRIPTOR.extra + EXTRA_SIZE),
  };
}

/** The 128 bytes of the name field, NUL padding included: a view onto `slot`. */
export function rawName(slot: Uint8Array): Uint8Array {
  return slot.subarray(DESCRIPTOR.name, DESCRIPTOR.name + NAME_SIZE);
}

// Go masks the tag for display but keys relative IDs by the raw value, so without the tag its two views disagree.
function decodeGroup(raw: number, what: string, base: number): number {
  if (raw < GROUP_MASK) {
    throw malformed(what, base + DESCRIPTOR.group, `the group is 0x${raw.toString(16)}, its top four bits must be set`);
  }
  return raw - GROUP_MASK;
}

function decodeLink(raw: number, what: string, base: number): SifLink {
  if (raw === 0) return { kind: 'none' };
  if (raw >= GROUP_MASK) return { kind: 'group', group: raw - GROUP_MASK };
  if (raw >= 2 ** 28) {
    throw malformed(
      what,
      base + DESCRIPTOR.link,
      `the link is 0x${raw.toString(16)}, its top four bits must be all set or all clear`,
    );
  }
  return { kind: 'object', id: raw };
}

/** Write one used slot. Every value must fit its field; `checkInput` sees to that. */
export function encodeDescriptor(descriptor: SifDescriptor, slot: Uint8Array): void {
  const view = viewOf(slot);
  slot.fill(0, 0, DESCRIPTOR_SIZE);
  view.setInt32(DESCRIPTOR.type, descriptor.type, true);
  view.setUint8(DESCRIPTOR.used, 1);
  view.setUint32(DESCRIPTOR.id, descriptor.id, true);
  view.setUint32(DESCRIPTOR.group, GROUP_MASK + descriptor.group, true);
  view.setUint32(DESCRIPTOR.link, encodeLink(descriptor.link), true);
  view.setBigInt64(DESCRIPTOR.offset, BigInt(descriptor.offset), true);
  view.setBigInt64(DESCRIPTOR.size, BigInt(descriptor.size), true);
  view.setBigInt64(DESCRIPTOR.paddedSize, BigInt(descriptor.paddedSize), true);
  view.setBigInt64(DESCRIPTOR.created, descriptor.created, true);
  view.setBigInt64(DESCRIPTOR.modified, descriptor.modified, true);
  view.setBigInt64(DESCRIPTOR.uid, descriptor.uid, true);
  view.setBigInt64(DESCRIPTOR.gid, descriptor.gid, true);
  slot.set(new TextEncoder().encode(descriptor.name), DESCRIPTOR.name);
  slot.set(descriptor.extra, DESCRIPTOR.extra);
}

function encodeLink(link: SifLink): number {
  switch (link.kind) {
    case 'none':
      return 0;
    case 'object':
      return link.id;
    case 'group':
      return GROUP_MASK + link.group;
  }
}
