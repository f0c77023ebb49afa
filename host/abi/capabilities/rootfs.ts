import { bin, bool, doc, int, list, oneOf, optional, str, struct, withDefault } from '../builders.js';
import { defineHook } from '../hook.js';

const rootfsEntry = struct(
  'RootfsEntry',
  {
    op: oneOf(
      'directory',
      'file',
      'append',
      'symlink',
      'hardlink',
      'character-device',
      'block-device',
      'fifo',
      'meta',
      'remove',
    ),
    path: doc(
      'Below the new root: names separated by /; a single dot is the root. With append empty.',
      withDefault(str, ''),
    ),
    target: doc('With symlink: its text. With hardlink: a path below the new root.', optional(str)),
    mode: doc('Permission bits, as in 0o4755; absent: 0o755 for a directory, else 0o644.', optional(int)),
    uid: doc('Absent: 0.', optional(int)),
    gid: doc('Absent: 0.', optional(int)),
    mtime: doc('In seconds since 1970; absent: now.', optional(int)),
    mtimeNs: doc('Nanoseconds within the second; absent: 0.', optional(int)),
    major: doc('With a device.', optional(int)),
    minor: doc('With a device.', optional(int)),
    more: doc('With file and append: the next entry is an append to the same file.', optional(bool)),
    data: doc('With file and append.', optional(bin)),
  },
  'One thing to create; with `meta` one to set mode, owner and time of; with `remove` one to remove with all below it.',
);

export const rootfs = defineHook('wasm-plugin:host/rootfs@1.0.0', {
  doc: 'Creates what is in the new root, for an `image-driver` in the phase `unpack`. Entries are made in order; an error names the first that could not be, and those before it stay.',
  request: struct('RootfsRequest', {
    entries: doc(
      'As many as one message holds; one message for many small files is what makes it fast.',
      list(rootfsEntry),
    ),
  }),
  response: struct('RootfsResponse', {
    skipped: doc('Devices and FIFOs that may not be made here and were left out.', withDefault(int, 0)),
  }),
});
