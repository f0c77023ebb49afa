/**
 * `oci`: what the runtime entry of other engines starts before the real runtime, with that one's words.
 *
 * Its streams are the container's, so it prints nothing: a failure is a line in the log that the engine named, everything else
 * goes to our own log. What it does is done to files; the entry then becomes the real runtime.
 */
import { resolve } from 'node:path';
import { escapeControls, PluginError, quote } from '../../errors/index.js';
import {
  applyEnvEdits,
  compareEnv,
  isSandbox,
  parseRuntimeCall,
  type RuntimeCall,
  readConfigFile,
  readState,
  removeState,
  reportToEngine,
  statePath,
  sweepStates,
  withOwnHooks,
  withoutOwnHooks,
  writeState,
} from '../../shim/index.js';
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE } from '../exit-code.js';
import { CommandFailure, hintOf, reasonOf } from '../failure.js';
import type { CliIo } from '../io.js';
import { ociContext } from './context.js';
import { editConfig } from './edit-config.js';
import type { OwnOptions } from './own-options.js';
import { readOwnOptions } from './own-options.js';

/** @param argv - our options, `--`, and the runtime's command line. */
export async function runOci(argv: readonly string[], io: CliIo): Promise<number> {
  let call = parseRuntimeCall([]);
  try {
    const { options, rest } = readOwnOptions(argv);
    call = parseRuntimeCall(rest);
    await dispatchCall(call, rest, options, io);
    return EXIT_OK;
  } catch (error) {
    const message = describeFailure(error);
    if (!reportToEngine(call, message, Date.now())) io.stderr.write(`${message}\n`);
    return error instanceof CommandFailure && error.exitCode === EXIT_USAGE ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** One line: who, why, and what to do. */
export function describeFailure(error: unknown): string {
  const known = error instanceof PluginError || error instanceof CommandFailure;
  const text = known ? error.message : `internal error: ${reasonOf(error)}`;
  const hint = hintOf(error);
  return escapeControls(`wasm-plugin: ${text}${hint === undefined ? '' : ` (${hint.replace(/\.$/, '')})`}`);
}

async function dispatchCall(
  call: RuntimeCall,
  words: readonly string[],
  options: OwnOptions,
  io: CliIo,
): Promise<void> {
  switch (call.command) {
    case 'create':
    case 'run':
      return beforeCreate(call, options, io);
    case 'exec':
      return beforeExec(call, options);
    default:
      // A container must not get past the plugins because its runtime learnt an option that we do not know.
      if (words.some((word) => word === 'create' || word === 'run')) {
        throw new PluginError(
          'ENGINE_FAILED',
          `Cannot tell what the runtime shall do: ${quote(words.join(' '))} has an option that is not known`,
        );
      }
  }
}

/** What we look at ourselves of a config that nobody has checked. */
interface Original {
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly hooks?: Readonly<Record<string, unknown>>;
  readonly process?: unknown;
}

async function beforeCreate(call: RuntimeCall, options: OwnOptions, io: CliIo): Promise<void> {
  const { id = '' } = call;
  const state = statePath(options.state, call.root, id);
  const bundle = resolve(io.cwd, call.bundle);
  const file = readConfigFile(resolve(bundle, call.config));
  const original = file.value as Original;
  if (isSandbox(original?.annotations)) {
    // Whoever may choose annotations can claim it, so it is told.
    ociContext(options, io, id).log.info('left alone: by its annotations it is the sandbox of a pod');
    return;
  }
  const start = options.hook === undefined ? original : withoutOwnHooks(original, options.hook);
  const context = ociContext(options, io, id);
  // Of an earlier container of this id.
  removeState(state);
  const edited = await editConfig(context, start, id, options.runtime);
  if (edited === undefined) return;
  const { config, runId, image, states, watched } = edited;
  const env = compareEnv(envOf(original), envOf(config));
  const hooked = watched && options.hook !== undefined;
  if (edited.changed || hooked || start !== original) {
    file.replace(hooked ? withOwnHooks(config, options.hook as string, state) : config);
  }
  if (hooked || env.length > 0) {
    sweepStates(options.state);
    writeState(options.state, state, { runId, image, bundle, config: call.config, root: call.root, states, env });
  }
}

/** Another process in the container sees the variables that plugins set; it has its own, from before they did. */
async function beforeExec(call: RuntimeCall, options: OwnOptions): Promise<void> {
  const { id = '', process } = call;
  const env = readState(statePath(options.state, call.root, id))?.env ?? [];
  if (process === undefined || env.length === 0) return;
  const file = readConfigFile(process);
  const given = file.value as { env?: unknown } | null;
  file.replace({ ...given, env: applyEnvEdits(texts(given?.env), env) });
}

function envOf(config: { readonly process?: unknown }): string[] {
  return texts((config.process as { env?: unknown } | null | undefined)?.env);
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
