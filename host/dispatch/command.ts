import { hooks, type Infer, type InferInput, type Value } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { covers, formatGrant, type Grant } from '../grant/index.js';
import type { Manifest } from '../package/index.js';
import { checkExitCode } from './exit-code.js';
import { blame, tolerating, vetoed, type Warn } from './failure.js';
import { grantHint } from './grant-hint.js';
import type { LoadedPlugins } from './plugins.js';
import type { PluginEntry } from './source.js';

type Request = InferInput<typeof hooks.command.request>;
type Response = Infer<typeof hooks.command.response>;
type Flags = Readonly<Record<string, Value>>;

/** A command line of the host, parsed. */
export interface CommandCall {
  /** The command's words joined by a space, without the program's name. */
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly user: Request['user'];
  /** The values of the flags that a plugin contributed; it sees no others. */
  readonly flagsOf: (plugin: string) => Flags;
  /** Where a plugin's own output goes; the text is as the plugin wrote it, so escape it for a terminal. */
  readonly print: (stream: 'stdout' | 'stderr', text: string, plugin: string) => void;
}

/** What the plugins made of a command line before it ran. */
export interface CommandEdits {
  readonly args: readonly string[];
  readonly flagsOf: (plugin: string) => Flags;
}

/** What a contributed command answered. */
export interface ContributedResult {
  readonly exitCode: number;
  /** A container that it wants to be run as this command. */
  readonly run: Response['run'];
  /** What takes effect for the plugin, in the notation of host/grant: requested by its manifest and granted. */
  readonly grants: readonly string[];
}

/**
 * Ask the plugins that take part in a command before it runs, in order.
 *
 * A plugin takes part when its manifest says so: in `contributes.phases`, or with a flag of this command.
 *
 * @throws PluginError `VETOED`; `CONFIG_DENIED` if a plugin without `config:args` changes the arguments; or what a call
 *   ended with. The command must then not run.
 */
export async function runBefore(plugins: LoadedPlugins, call: CommandCall, warn: Warn): Promise<CommandEdits> {
  let { args } = call;
  const changedFlags = new Map<string, Flags>();
  for (const entry of takingPart(plugins, call.path, 'before')) {
    await tolerating(entry, warn, async () => {
      const answer = await ask(plugins, entry, 'before', { ...call, args });
      if (answer.veto !== undefined) {
        throw vetoed(entry, `command ${quote(call.path)}`, answer.veto);
      }
      if (answer.args !== undefined) {
        await checkMayChangeArgs(plugins, entry);
        args = answer.args;
      }
      if (answer.flags !== undefined) {
        changedFlags.set(entry.name, { ...call.flagsOf(entry.name), ...Object.fromEntries(answer.flags) });
      }
    });
  }
  return { args, flagsOf: (plugin) => changedFlags.get(plugin) ?? call.flagsOf(plugin) };
}

/** Run a command that `entry` contributed. Its failure is the command's. */
export async function runContributed(
  plugins: LoadedPlugins,
  entry: PluginEntry,
  call: CommandCall,
): Promise<ContributedResult> {
  try {
    const { exitCode = 0, run } = await ask(plugins, entry, 'run', call);
    const { grants } = await plugins.load(entry);
    return { exitCode: checkExitCode(exitCode), run, grants: grants.map(formatGrant) };
  } catch (error) {
    throw blame(entry, error);
  }
}

/** Tell the plugins that take part how a command ended. It has ended, so failures are only warned about. */
export async function runAfter(plugins: LoadedPlugins, call: CommandCall, exitCode: number, warn: Warn): Promise<void> {
  for (const entry of takingPart(plugins, call.path, 'after')) {
    try {
      await ask(plugins, entry, 'after', call, exitCode);
    } catch (error) {
      const blamed = blame(entry, error);
      if (!(blamed instanceof PluginError)) {
        throw blamed;
      }
      warn(blamed.message);
    }
  }
}

async function ask(
  plugins: LoadedPlugins,
  entry: PluginEntry,
  phase: Request['phase'],
  { path, args, cwd, user, flagsOf, print }: CommandCall,
  exitCode?: number,
): Promise<Response> {
  const plugin = await plugins.load(entry);
  const answer = await plugin.call(hooks.command, {
    ...plugins.request(entry),
    phase,
    path,
    args,
    flags: flagsOf(entry.name),
    cwd,
    user,
    ...(exitCode === undefined ? {} : { exitCode }),
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = answer[stream];
    if (text !== undefined) {
      print(stream, text, entry.name);
    }
  }
  plugins.keepState(entry, answer);
  return answer;
}

function takingPart(plugins: LoadedPlugins, path: string, phase: 'before' | 'after'): PluginEntry[] {
  return plugins.exporting(hooks.command).filter(({ contributes }) => takesPart(contributes, path, phase));
}

function takesPart(contributes: Manifest['contributes'], path: string, phase: 'before' | 'after'): boolean {
  const subscribed = contributes.phases.some(
    ({ command, phases }) => (command === '*' || command === path) && phases.includes(phase),
  );
  return subscribed || (phase === 'before' && contributes.flags.some(({ commands }) => commands?.includes(path)));
}

/** Else a plugin could run another program in the container through the back door of the command line. */
async function checkMayChangeArgs(plugins: LoadedPlugins, entry: PluginEntry): Promise<void> {
  const { grants, manifest } = await plugins.load(entry);
  const needed: Grant = { kind: 'config', adjustment: 'args' };
  if (!grants.some((grant) => covers(grant, needed))) {
    throw new PluginError(
      'CONFIG_DENIED',
      `Plugin ${quote(entry.name)} may not change the arguments: config:args was not granted`,
      { hint: grantHint([needed], manifest.requests) },
    );
  }
}
