import { any, doc, int, optional, str, struct } from '../builders.js';
import { defineHook } from '../hook.js';
import { context } from './context.js';

/** After the container's process started. */
export const postStartProcess = defineHook('wasm-plugin:hook/post-start-process@1.0.0', {
  doc: "The container's process runs. A veto stops the container.",
  request: struct('PostStartProcessRequest', {
    context,
    id: doc('Container id.', str),
    pid: doc('Of the first process, as the host sees it.', int),
    bundle: doc('Path of the OCI bundle.', str),
    config: doc('The final OCI runtime-spec configuration.', any),
    state: doc('What this plugin answered in an earlier hook of the run.', optional(any)),
  }),
  response: struct('PostStartProcessResponse', {
    veto: doc('Why the container must stop.', optional(str)),
    state: doc('Travels to the later hooks of the run.', optional(any)),
  }),
});
