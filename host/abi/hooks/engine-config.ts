import { any, bool, doc, list, map, optional, str, struct, withDefault } from '../builders.js';
import { defineHook } from '../hook.js';
import { adjustments } from './adjustments.js';
import { context } from './context.js';

const engineInfo = struct(
  'EngineInfo',
  {
    name: doc('Such as builtin, crun or runc.', str),
    image: doc('The image as the engine resolved it.', str),
    id: doc('Container id.', str),
    rootless: bool,
  },
  'Facts about the engine that will run the container.',
);

const patchOperation = struct(
  'PatchOperation',
  {
    op: doc('add, remove, replace, move, copy or test.', str),
    path: doc('JSON pointer into the config.', str),
    from: optional(str),
    value: optional(any),
  },
  'One operation of RFC 6902.',
);

/** Before a container is created. */
export const engineConfig = defineHook('wasm-plugin:hook/engine-config@1.0.0', {
  doc: "A container is about to be created; the plugin may edit its configuration. Plugins run in order and see each other's edits.",
  request: struct('EngineConfigRequest', {
    context,
    config: doc('The OCI runtime-spec configuration so far.', any),
    engine: engineInfo,
    flags: doc('Values of the flags that this plugin contributed.', withDefault(map(any), {})),
    state: doc('What this plugin answered in an earlier hook of the run.', optional(any)),
  }),
  response: struct('EngineConfigResponse', {
    adjustments: optional(adjustments),
    patch: doc(
      'RFC 6902, applied after the adjustments: for what they cannot say.',
      withDefault(list(patchOperation), []),
    ),
    veto: doc('Why the container must not start.', optional(str)),
    state: doc('Travels to the later hooks of the run.', optional(any)),
  }),
});
