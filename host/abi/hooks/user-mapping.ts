import { doc, int, list, oneOf, struct, withDefault } from '../builders.js';
import { defineHook } from '../hook.js';
import { context } from './context.js';
import { hostUser } from './host-user.js';

const idRange = struct(
  'IdRange',
  { hostId: doc('The first.', int), size: int },
  'Ids of the host that belong to a user.',
);

const idMapping = struct(
  'IdMapping',
  { containerId: doc('The first inside.', int), hostId: doc('The first outside.', int), size: int },
  'Ids inside of a container and what they are outside.',
);

/** Before a container whose root is an ordinary user outside. */
export const userMapping = defineHook('wasm-plugin:hook/user-mapping@1.0.0', {
  doc: 'Which ids a user may have inside of a container. At most one plugin answers, once for each file. Id 0 inside is the caller already and no part of the answer.',
  request: struct('UserMappingRequest', {
    context,
    file: doc('/etc/subuid asks for users, /etc/subgid for groups.', oneOf('/etc/subuid', '/etc/subgid')),
    user: hostUser,
    ranges: doc(
      'What the file gives to the user. The answer must stay inside, except where root asks.',
      withDefault(list(idRange), []),
    ),
  }),
  response: struct('UserMappingResponse', {
    mappings: doc('From 1 to 339 ranges that do not overlap.', list(idMapping)),
  }),
});
