import { bin, bool, doc, int, struct } from '../builders.js';
import { defineHook } from '../hook.js';

export const image = defineHook('wasm-plugin:host/image@1.0.0', {
  doc: 'Bytes of the image that an `image-driver` is asked about, at any place, during that call.',
  request: struct('ImageRequest', {
    offset: doc('In bytes.', int),
    length: doc('In bytes; 0 only asks for the size.', int),
  }),
  response: struct('ImageResponse', {
    size: doc('Of the whole image, in bytes.', int),
    eof: doc('Whether the data reaches its end.', bool),
    data: doc('As much as was asked for, less at the end, and never more than one message holds.', bin),
  }),
});
