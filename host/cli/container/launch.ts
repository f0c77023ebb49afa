/**
 * One container run, from a request to an exit code:
 *
 *   base config -> engine-config over all plugins -> (--dry-run ends here) -> engine -> post-start -> monitor -> exit
 *
 * The `before` and `after` phases of the command are around it, in the commands that call this.
 */
import { randomBytes } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import type { CommandCall, EngineConfigResult, JsonObject } from '../../dispatch/index.js';
import type { ContainerIo, Engine } from '../../engine/index.js';
import { createBuiltinEngine, makeConfig, runContainer } from '../../engine/index.js';
import { PluginError, quote } from '../../errors/index.js';
import type { OciConfig } from '../../oci/index.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../failure.js';
import type { CliIo } from '../io.js';
import type { Session } from '../session.js';
import { parseBind } from './bind.js';
import type { ContainerRequest } from './request.js';
import { parseVariables } from './variables.js';
import { withOwner } from './with-owner.js';

/** A container about to start; nothing of it exists yet. */
export interface Prepared extends EngineConfigResult {
  readonly id: string;
  readonly rootfs: string;
  readonly engine: Engine;
}

/**
 * Make the config and let the plugins change it.
 *
 * @param flagsOf - values of the flags that a plugin contributed.
 * @throws UsageError for options that make no sense; PluginError `VETOED`, `CONFIG_CONFLICT`, `CONFIG_DENIED`, …
 */
export async function prepareContainer(
  { io }: CommandContext,
  session: Session,
  request: ContainerRequest,
  flagsOf: CommandCall['flagsOf'],
): Promise<Prepared> {
  const engine = selectEngine(request.engine);
  const rootfs = resolve(io.cwd, request.image);
  const id = request.name ?? `wp-${randomBytes(6).toString('hex')}`;
  const rootless = io.user.uid !== 0;
  const config = baseConfig(request, rootfs, rootless, io);
  const facts = { name: engine.name, image: request.image, id, rootless };
  const result = await session.dispatcher.engineConfig({
    config: config as unknown as JsonObject,
    engine: facts,
    flagsOf,
  });
  return { ...result, id, rootfs, engine };
}

/** Run it to its end. @returns the exit code that `run` passes on. */
export async function launchContainer(
  { io, log }: CommandContext,
  session: Session,
  prepared: Prepared,
): Promise<number> {
  const { id, rootfs, engine, config, changes } = prepared;
  const containerIo: ContainerIo = io.inheritsStdio
    ? { onWarning: log.warning }
    : { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', onWarning: log.warning };
  const run = runContainer({
    engine: io.inheritsStdio ? engine : withOutput(engine, io),
    dispatcher: session.dispatcher,
    spec: { id, rootfs, config: config as unknown as OciConfig },
    io: containerIo,
    onSignal: (deliver) => io.onSignal(deliver),
  });
  const { exitCode } = await run.catch((error: unknown) => {
    throw withOwner(error, changes);
  });
  return exitCode;
}

function selectEngine(name: string | undefined): Engine {
  if (name === undefined || name === 'builtin') return createBuiltinEngine();
  throw new PluginError('ENGINE_UNAVAILABLE', `Cannot use the engine ${quote(name)}: this version has only "builtin"`);
}

function baseConfig(request: ContainerRequest, rootfs: string, rootless: boolean, io: CliIo): OciConfig {
  const { command, hostname, pwd, readOnly } = request;
  if (pwd !== undefined && !isAbsolute(pwd)) throw new UsageError(`--pwd ${quote(pwd)} is not an absolute path`);
  return makeConfig({
    rootfs,
    command: command.length === 0 ? ['/bin/sh'] : command,
    env: parseVariables(request.env, io.env),
    binds: request.binds.map((bind) => parseBind(bind, io.cwd)),
    rootless,
    readOnly,
    ...(pwd === undefined ? {} : { cwd: pwd }),
    ...(hostname === undefined ? {} : { hostname }),
  });
}

/** Where no process is behind the writers, the container's output is copied to them. */
function withOutput(engine: Engine, io: CliIo): Engine {
  return {
    name: engine.name,
    async start(spec, containerIo) {
      const container = await engine.start(spec, containerIo);
      container.stdout?.on('data', (chunk: Uint8Array) => io.stdout.write(chunk));
      container.stderr?.on('data', (chunk: Uint8Array) => io.stderr.write(chunk));
      return container;
    },
  };
}
