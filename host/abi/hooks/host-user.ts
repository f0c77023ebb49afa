import { doc, int, str, struct, withDefault } from '../builders.js';

/** Who runs the host. */
export const hostUser = struct(
  'HostUser',
  { uid: int, gid: int, name: doc('Login name; empty where the uid has none.', withDefault(str, '')) },
  'Who runs the host.',
);
