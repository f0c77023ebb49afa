/**
 * `oci-hook`: what the hook program of other engines' containers starts.
 *
 *   poststart STATE                  by the runtime: post-start plugins, then a process that watches the container
 *   monitor ID PID START             that process; the state is its stdin
 *   precreate                        by podman: config.json from stdin to stdout
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { hooks, sameMajor } from '../../abi/index.js';
import type { JsonObject } from '../../dispatch/index.js';
import { coverInheritedFds, followProcess, startTimeOf } from '../../engine/index.js';
import { PluginError } from '../../errors/index.js';
import {
  MAX_CONFIG_BYTES,
  parseExactJson,
  type RunState,
  readConfigFile,
  readState,
  statePath,
  withOwnHooks,
  withoutOwnHooks,
  writeState,
} from '../../shim/index.js';
import type { CommandContext } from '../context.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-code.js';
import { UsageError } from '../failure.js';
import type { CliIo } from '../io.js';
import { createSession, participants } from '../session.js';
import { tellCaller } from './caller-stderr.js';
import { ociContext } from './context.js';
import { editConfig } from './edit-config.js';
import { describeFailure } from './oci.js';
import type { OwnOptions } from './own-options.js';
import { readOwnOptions } from './own-options.js';
import { podmanFacts } from './podman-facts.js';

const MAX_STATE_JSON_BYTES = 1024 * 1024;
const KILL_TIMEOUT_MS = 10_000;

/** Asked for when it is used: what creates containers is in the same file, and starts nothing (bench/container.ts). */
const childProcess = (): typeof import('node:child_process') => process.getBuiltinModule('node:child_process');

/** @param argv - our options, `--`, the stage and its arguments. */
export async function runOciHook(argv: readonly string[], io: CliIo): Promise<number> {
  let stage: string | undefined;
  try {
    const { options, rest } = readOwnOptions(argv);
    const args = rest.slice(1);
    stage = rest[0];
    const own = argv.slice(0, argv.length - rest.length);
    if (stage === 'poststart') await afterStart(args[0] ?? '', options, own, io);
    else if (stage === 'monitor') await monitor(args, options, io);
    else if (stage === 'precreate') await beforeCreate(options, io);
    else throw new UsageError('Container runtimes start this, through what "wasm-plugin setup" writes');
    return EXIT_OK;
  } catch (error) {
    const line = describeFailure(error);
    io.stderr.write(`${line}\n`);
    // Nobody waits for a monitor: what started it has gone.
    if (stage !== 'monitor') tellCaller(line);
    return EXIT_FAILED;
  }
}

interface RunningContainer {
  readonly id: string;
  readonly pid: number;
  readonly bundle: string;
}

/** @param own - our options as they were given, `--` included. */
async function afterStart(path: string, options: OwnOptions, own: readonly string[], io: CliIo): Promise<void> {
  const container = readOciState(await io.stdin.readAll(MAX_STATE_JSON_BYTES));
  const { id, pid } = container;
  // Of a command that has ended meanwhile plugins hear all the same; no process ever has an empty one.
  const startTime = startTimeOf(pid) ?? '';
  const state = readState(path);
  if (state === undefined) return;
  const context = ociContext(options, io, id);
  try {
    const states = await tellStarted(context, container, state);
    if (states !== state.states) writeState(options.state, path, { ...state, states });
  } catch (error) {
    context.log.error(describeFailure(error));
    stop(container, startTime, state, options);
    throw error;
  }
  if (watchers(context).length > 0) startMonitor(path, container, startTime, own, io);
}

async function tellStarted(
  context: CommandContext,
  container: RunningContainer,
  { runId, image, states, config: name }: RunState,
): Promise<RunState['states']> {
  const plugins = participants(context).filter(({ record }) =>
    record.hooks.some((id) => sameMajor(id, hooks.postStartProcess.id)),
  );
  if (plugins.length === 0) return states;
  const config = readConfigFile(join(container.bundle, name)).value as JsonObject;
  const session = await createSession(context, { plugins, runId, image, states });
  try {
    await session.dispatcher.postStart({ ...container, config });
    return new Map([...states, ...session.dispatcher.states()]);
  } finally {
    await session.close();
  }
}

function watchers(context: CommandContext) {
  return participants(context).filter(({ record }) =>
    record.hooks.some((id) => sameMajor(id, hooks.monitorContainer.id)),
  );
}

/** runc would do it for a hook that fails, crun goes on. */
function stop({ id, pid, bundle }: RunningContainer, startTime: string, state: RunState, options: OwnOptions): void {
  if (startTimeOf(pid) === startTime) process.kill(pid, 'SIGKILL');
  if (hasOwnPids(join(bundle, state.config))) return;
  // The end of its first process does not end the others.
  const root = state.root === undefined ? [] : ['--root', state.root];
  childProcess().spawnSync(options.runtime, [...root, 'kill', '--all', id, 'KILL'], {
    stdio: 'ignore',
    timeout: KILL_TIMEOUT_MS,
  });
}

function hasOwnPids(path: string): boolean {
  try {
    const { linux } = readConfigFile(path).value as { linux?: { namespaces?: { type?: string; path?: string }[] } };
    return linux?.namespaces?.some(({ type, path: joined }) => type === 'pid' && !joined) === true;
  } catch {
    return false;
  }
}

/** In a session of its own, with nothing of ours: the engine waits until all ends of its pipes are closed. */
function startMonitor(
  path: string,
  { id, pid }: RunningContainer,
  startTime: string,
  own: readonly string[],
  io: CliIo,
): void {
  const [node, script] = io.program;
  // Opened here, because the file may be gone before the process has come up.
  const state = openSync(path, 'r');
  const child = childProcess().spawn(node, [script, 'oci-hook', ...own, 'monitor', id, `${pid}`, startTime], {
    detached: true,
    cwd: '/',
    stdio: [state, 'ignore', 'ignore', ...coverInheritedFds(3)],
  });
  child.unref();
  closeSync(state);
}

async function monitor(args: readonly string[], options: OwnOptions, io: CliIo): Promise<void> {
  const [id = '', pid = '', startTime = ''] = args;
  const { runId, image, states } = readState(0) as RunState;
  // A file of a folder that may have to be unmounted is not to be held open.
  closeSync(0);
  openSync('/dev/null', 'r');
  const context = ociContext(options, io, id);
  const session = await createSession(context, { plugins: watchers(context), runId, image, states });
  try {
    await followProcess({ id, pid: Number(pid), startTime, session: session.dispatcher.monitor() });
  } catch (error) {
    context.log.error(describeFailure(error));
    throw error;
  } finally {
    await session.close();
  }
}

/** podman's own hook: the runtime stays as it is, so nothing is known but the config. */
async function beforeCreate(options: OwnOptions, io: CliIo): Promise<void> {
  const text = Buffer.from(await io.stdin.readAll(MAX_CONFIG_BYTES)).toString();
  const json = parseExactJson(text, 'the container config');
  const original = json.value as { hooks?: Readonly<Record<string, unknown>>; mounts?: unknown };
  const hook = options.hook as string;
  const { id, bundle } = podmanFacts(original ?? {});
  const context = ociContext(options, io, id);
  const edited = await editConfig(context, withoutOwnHooks(original, hook), id, 'podman').catch((error: unknown) => {
    // podman shows only that the hook failed.
    context.log.error(describeFailure(error));
    throw error;
  });
  if (edited === undefined) {
    io.stdout.write(text);
    return;
  }
  const { config, runId, image, states, watched } = edited;
  // The hooks are told the path, so no container can have that of another.
  const path = statePath(options.state, 'precreate', randomUUID());
  if (watched) {
    writeState(options.state, path, { runId, image, bundle, config: 'config.json', states, env: [] });
  }
  io.stdout.write(json.stringify(watched ? withOwnHooks(config, hook, path) : config));
}

function readOciState(bytes: Uint8Array): RunningContainer {
  const value = parseExactJson(Buffer.from(bytes).toString(), 'the state of the container')
    .value as Partial<RunningContainer> | null;
  const { id, pid, bundle } = value ?? {};
  if (typeof id !== 'string' || typeof bundle !== 'string' || !Number.isSafeInteger(pid) || (pid as number) < 2) {
    throw new PluginError('CONFIG_INVALID', 'Cannot read the state of the container: it names no id, pid and bundle');
  }
  return { id, pid: pid as number, bundle };
}
