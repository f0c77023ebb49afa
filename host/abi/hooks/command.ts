import { any, doc, int, list, map, oneOf, optional, str, struct, withDefault } from '../builders.js';
import { defineHook } from '../hook.js';
import { context } from './context.js';
import { hostUser } from './host-user.js';

const runRequest = struct(
  'RunRequest',
  {
    image: str,
    command: doc('Empty: what the image runs by default.', withDefault(list(str), [])),
    options: doc('Options of `run` by their long names, without the dashes.', withDefault(map(any), {})),
  },
  'A container that the host shall run for the plugin.',
);

/** Before, instead of and after a command line. */
export const command = defineHook('wasm-plugin:hook/command@1.0.0', {
  doc: 'A command of the host starts or ends, or a command that the plugin contributed is called.',
  request: struct('CommandRequest', {
    context,
    phase: doc('`run` only for a command that the plugin contributed.', oneOf('before', 'run', 'after')),
    path: doc("The command's words joined by a space, without the program's name.", str),
    args: withDefault(list(str), []),
    flags: doc('Values by flag name: bool, int, str, list or map as declared.', withDefault(map(any), {})),
    cwd: doc('Working directory of the caller, absolute.', str),
    user: hostUser,
    exitCode: doc('Only in phase `after`.', optional(int)),
    state: doc('What this plugin answered in an earlier hook of the run.', optional(any)),
  }),
  response: struct('CommandResponse', {
    exitCode: doc('Of a contributed command; absent means 0.', optional(int)),
    stdout: optional(str),
    stderr: optional(str),
    flags: doc('Phase `before`: flags to set, the others stay.', optional(map(any))),
    args: doc('Phase `before`: replaces all arguments.', optional(list(str))),
    veto: doc('Phase `before`: why the command must not run.', optional(str)),
    run: doc('Phase `run`: a container to run as this command.', optional(runRequest)),
    state: doc('Travels to the later hooks of the run.', optional(any)),
  }),
});
