import { bin, bool, doc, int, list, oneOf, optional, str, struct } from '../builders.js';
import { defineHook } from '../hook.js';

export const fs = defineHook('wasm-plugin:host/fs@1.0.0', {
  doc: 'Files of the host below granted folders. Symbolic links cannot lead out of them.',
  request: struct('FsRequest', {
    op: oneOf('read', 'write', 'stat', 'list', 'remove', 'mkdir'),
    path: doc('Absolute.', str),
    data: doc('With write.', optional(bin)),
    offset: doc('With read, in bytes; absent: 0.', optional(int)),
    length: doc('With read, in bytes; absent: as much as one answer may hold.', optional(int)),
    append: doc('With write; absent: the file is replaced.', optional(bool)),
  }),
  response: struct('FsResponse', {
    data: doc('With read.', optional(bin)),
    size: doc('With stat, in bytes.', optional(int)),
    kind: doc('With stat.', optional(oneOf('file', 'directory', 'symlink', 'other'))),
    entries: doc('With list: names, sorted.', optional(list(str))),
    eof: doc('With read: whether the data reaches the end of the file.', optional(bool)),
  }),
});
