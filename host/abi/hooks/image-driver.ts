import { any, bin, bool, doc, int, list, map, oneOf, optional, str, struct, withDefault } from '../builders.js';
import { defineHook } from '../hook.js';
import { context } from './context.js';

const imageConfig = struct(
  'ImageConfig',
  {
    env: doc('NAME=value, in order.', withDefault(list(str), [])),
    entrypoint: doc('Goes before the arguments.', withDefault(list(str), [])),
    command: doc('The arguments where the user types none.', withDefault(list(str), [])),
    cwd: doc('Absolute; absent: the root.', optional(str)),
    user: doc('Name or number, and a group after a colon; absent: root.', optional(str)),
    labels: withDefault(map(str), {}),
  },
  'What an image says about the process that it is for.',
);

/** Before a container is created, for images that the host may not know. */
export const imageDriver = defineHook('wasm-plugin:hook/image-driver@1.0.0', {
  doc: 'Is this image yours, and then: unpack it. Every driver is asked; the one with the best score unpacks, through the capabilities `image` and `rootfs`, which exist for these calls only.',
  request: struct('ImageDriverRequest', {
    context,
    phase: oneOf('probe', 'unpack'),
    path: doc('Where the image is on the host; `context.image` has it as the user typed it.', str),
    kind: oneOf('file', 'directory'),
    size: doc('In bytes; 0 for a directory.', int),
    head: doc('The first bytes, at most 64 KiB; none of a directory.', bin),
    state: doc('What this plugin answered in an earlier hook of the run.', optional(any)),
  }),
  response: struct('ImageDriverResponse', {
    claims: doc('Phase `probe`: whether this driver can unpack the image.', withDefault(bool, false)),
    score: doc(
      'Phase `probe`: how sure it is, from 0 to 100. Two equal best scores are an error.',
      withDefault(int, 50),
    ),
    config: doc('Phase `unpack`.', optional(imageConfig)),
    state: doc('Travels to the later hooks of the run.', optional(any)),
  }),
});
