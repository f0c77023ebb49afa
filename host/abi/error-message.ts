import { doc, optional, str, struct } from './builders.js';

/** What travels in the error arm of every hook and capability, in both directions. */
export const errorMessage = struct(
  'ErrorMessage',
  {
    code: doc(
      'For programs: `denied`, `unsupported`, `invalid`, `missing`, `exists`, `limit`, `failed`, or a word of the plugin.',
      str,
    ),
    message: doc('For people.', str),
    hint: doc('What the reader can do next.', optional(str)),
  },
  'The error arm of every hook and capability.',
);
