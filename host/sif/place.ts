import { escapeControls } from '../errors/index.js';
import { DATA_TYPE, EXTRA_SIZE, NAME_SIZE, PARTITION_ALIGNMENT } from './layout.js';
import type { SifDescriptor, SifInput } from './types.js';

const MAX_ALIGNMENT = 2 ** 20;
const MAX_GROUP = 2 ** 28 - 1;
const MAX_I32 = 2 ** 31 - 1;
const LONE_SURROGATE = /\p{Surrogate}/u;
const MAX_I64 = 2n ** 63n - 1n;

/**
 * Lay out the next object of an image.
 *
 * @param id - the slot it gets, from 1.
 * @param dataEnd - where the data before it ends, in bytes from the start of the file.
 * @param time - of the image or the edit, for objects that bring none.
 * @throws RangeError for an input that the format has no room for.
 */
export function placeObject(input: SifInput, id: number, dataEnd: number, time: bigint): SifDescriptor {
  checkInput(input);
  const alignment = input.alignment ?? (input.type === DATA_TYPE.partition ? PARTITION_ALIGNMENT : 0);
  const offset = alignment > 1 ? Math.ceil(dataEnd / alignment) * alignment : dataEnd;
  const size = input.data.length;
  const extra = new Uint8Array(EXTRA_SIZE);
  extra.set(input.extra ?? []);
  return {
    id,
    type: input.type,
    group: input.group ?? (input.type === DATA_TYPE.signature ? 0 : 1),
    link: input.link ?? { kind: 'none' },
    offset,
    size,
    paddedSize: offset - dataEnd + size,
    created: input.time ?? time,
    modified: input.time ?? time,
    uid: 0n,
    gid: 0n,
    name: input.name ?? '',
    extra,
  };
}

function checkInput(input: SifInput): void {
  const { type, name = '', group = 0, alignment = 0, extra, link, time } = input;
  const demand = (holds: boolean, problem: string): void => {
    if (!holds) throw new RangeError(`Cannot write SIF object: ${problem}`);
  };
  const isCount = (value: number, max: number): boolean => Number.isInteger(value) && value >= 0 && value <= max;
  demand(isCount(type, MAX_I32) && type > 0, `the type ${type} is not a positive 32-bit integer`);
  demand(new TextEncoder().encode(name).length <= NAME_SIZE, `the name has more than ${NAME_SIZE} bytes`);
  demand(!LONE_SURROGATE.test(name), 'the name is not well-formed text');
  demand(escapeControls(name) === name, 'the name holds control characters');
  demand(isCount(group, MAX_GROUP), `the group ${group} is not in 0..${MAX_GROUP}`);
  demand(isCount(alignment, MAX_ALIGNMENT), `the alignment ${alignment} is not in 0..${MAX_ALIGNMENT}`);
  demand((extra?.length ?? 0) <= EXTRA_SIZE, `the extra field has more than ${EXTRA_SIZE} bytes`);
  demand(isTime(time ?? 0n), 'the time does not fit in 64 bits');
  if (link?.kind === 'object')
    demand(isCount(link.id, MAX_GROUP) && link.id > 0, `the link to object ${link.id} is not an ID`);
  if (link?.kind === 'group')
    demand(isCount(link.group, MAX_GROUP) && link.group > 0, `the link to group ${link.group} is not a group`);
}

/** Whether `time` fits the format's i64 seconds. */
export function isTime(time: bigint): boolean {
  return time <= MAX_I64 && time >= -MAX_I64 - 1n;
}
