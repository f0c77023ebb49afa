export { createRootfs } from './create-rootfs.js';
export type { EntryMeta } from './metadata.js';
export type { RootfsPolicy } from './policy.js';
export { removeRootfs } from './remove.js';
export { roomIn } from './room.js';
export type { Rootfs, RootfsUsage } from './rootfs.js';
export type { SpecialKind } from './special.js';
