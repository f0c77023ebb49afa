import { any, doc, map, str, struct, withDefault } from '../builders.js';

/** What every hook request carries, so that a plugin never has to ask who is calling. */
export const context = struct(
  'Context',
  {
    hostVersion: doc('Version of the host, as semver.', str),
    pluginVersion: doc('Version of this plugin, from its manifest.', str),
    runId: doc('The same for all hooks of one run, across processes; empty outside a run.', withDefault(str, '')),
    image: doc('The image as the user typed it; empty where there is none.', withDefault(str, '')),
    settings: doc("The operator's values for this plugin, checked against its manifest.", withDefault(map(any), {})),
  },
  'What every hook request carries.',
);
