/** The values that several sections of an OCI runtime config are made of. */
import { type Check, integer, listOf, matching, shape, text } from './check.js';
import type { OciIdMapping } from './linux-config.js';

export const texts = listOf(text);

export const int32 = integer(-(2n ** 31n), 2n ** 31n - 1n);
export const int64 = integer(-(2n ** 63n), 2n ** 63n - 1n);
export const uint16 = integer(0n, 2n ** 16n - 1n);
export const uint32 = integer(0n, 2n ** 32n - 1n);
export const uint64 = integer(0n, 2n ** 64n - 1n);
/** Without the last number of 32 bits: to the kernel it is "leave the id as it is", so a process that asks for it stays root. */
export const id = integer(0n, 2n ** 32n - 2n);

export const absolutePath = matching(/^\/[^\0]*$/, 'an absolute path without NUL');
/** What a runtime cannot set is better refused by name: a variable needs a name, and an end other than NUL. */
export const variables = listOf(matching(/^[^=\0]+=[^\0]*$/, 'NAME=value without NUL'));

export const idMappings: Check<readonly OciIdMapping[]> = listOf(
  shape<OciIdMapping>({ containerID: uint32, hostID: uint32, size: uint32 }, ['containerID', 'hostID', 'size']),
);
