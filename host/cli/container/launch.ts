/**
 * One container run, from a request to an exit code:
 *
 *   image -> base config -> engine-config over all plugins -> (--dry-run ends here) -> engine -> post-start -> monitor -> exit
 *
 * The `before` and `after` phases of the command are around it, in the commands that call this.
 */
import { isAbsolute } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandCall, EngineConfigResult, JsonObject } from '../../dispatch/index.js';
import type { ContainerIo, Engine, OpenImage } from '../../engine/index.js';
import { makeConfig, runContainer, selectEngine } from '../../engine/index.js';
import { quote } from '../../errors/index.js';
import type { OciConfig } from '../../oci/index.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../failure.js';
import type { CliIo, CliOutput } from '../io.js';
import type { Session } from '../session.js';
import { parseBind } from './bind.js';
import type { FakerootIds } from './fakeroot.js';
import { fakerootIds } from './fakeroot.js';
import { makeId } from './id.js';
import { openRunImage } from './image.js';
import type { ContainerRequest } from './request.js';
import { parseVariables } from './variables.js';
import { withOwner } from './with-owner.js';

/** Longer than a busy machine needs to hand over a full pipe. */
const LAST_OUTPUT_MS = 5000;

/** A container about to start; nothing of it exists yet but its image. */
export interface Prepared extends EngineConfigResult {
  readonly id: string;
  /** `launchContainer` closes it. */
  readonly image: OpenImage;
  readonly engine: Engine;
}

/**
 * Make the config and let the plugins change it.
 *
 * @param flagsOf - values of the flags that a plugin contributed.
 * @param dryRun - only for a look: an image that would have to be mounted or unpacked stays as it is.
 * @throws UsageError for options that make no sense; PluginError `VETOED`, `CONFIG_CONFLICT`, `CONFIG_DENIED`, …
 */
export async function prepareContainer(
  context: CommandContext,
  session: Session,
  request: ContainerRequest,
  flagsOf: CommandCall['flagsOf'],
  dryRun = false,
): Promise<Prepared> {
  const { io } = context;
  const engine = selectEngine(request.engine ?? (io.env.WASM_PLUGIN_ENGINE || undefined));
  const id = request.name ?? makeId();
  const rootless = io.user.uid !== 0;
  const fakeroot = await fakerootIds(context, session.dispatcher, request);
  const facts = { name: engine.name, image: request.image, id, rootless };
  const image = await openRunImage(context, session, request, dryRun);
  try {
    const config = baseConfig(request, image, rootless, io, fakeroot) as unknown as JsonObject;
    const result = await session.dispatcher.engineConfig({ config, engine: facts, flagsOf });
    return { ...result, id, image, engine };
  } catch (error) {
    await image.close();
    throw error;
  }
}

/** Run it to its end, and close its image whatever happens. @returns the exit code that `run` passes on. */
export async function launchContainer(
  { io, log }: CommandContext,
  session: Session,
  prepared: Prepared,
): Promise<number> {
  const { id, image, engine, config, changes } = prepared;
  const containerIo: ContainerIo = io.inheritsStdio
    ? { onWarning: log.warning }
    : { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', onWarning: log.warning };
  const { supervised } = io;
  const output = copyOutput(io);
  const run = runContainer({
    engine: io.inheritsStdio ? engine : output.of(engine),
    dispatcher: session.dispatcher,
    spec: { id, rootfs: image.rootfs, config: config as unknown as OciConfig },
    io: containerIo,
    onSignal: (deliver) => io.onSignal(deliver),
    onStarted: ({ pid }) =>
      supervised?.started({ pid, engine: engine.name, command: (config as unknown as OciConfig).process?.args ?? [] }),
  });
  try {
    const { exitCode } = await run;
    await output.complete();
    return exitCode;
  } catch (error) {
    throw withOwner(error, changes);
  } finally {
    await image.close();
  }
}

function baseConfig(
  request: ContainerRequest,
  image: OpenImage,
  rootless: boolean,
  io: CliIo,
  fakeroot: FakerootIds | undefined,
): OciConfig {
  const { hostname, readOnly } = request;
  const { env, command, user, cwd } = image.defaults;
  if (request.pwd !== undefined && !isAbsolute(request.pwd)) {
    throw new UsageError(`--pwd ${quote(request.pwd)} is not an absolute path`);
  }
  if (request.tty && !(io.inheritsStdio && io.stdin.isTty && io.stdout.isTty)) {
    throw new UsageError('--tty needs a terminal as standard input and output', 'Leave it out: streams are passed on');
  }
  const folder = request.pwd ?? cwd;
  return makeConfig({
    rootfs: image.rootfs,
    command: command(request.command),
    env: new Map([...env, ...parseVariables(request.env, io.env)]),
    binds: request.binds.map((bind) => parseBind(bind, io.cwd)),
    rootless,
    readOnly,
    terminal: request.tty,
    ...(user === undefined || fakeroot !== undefined ? {} : { user }),
    ...(fakeroot === undefined ? {} : { fakeroot }),
    ...(folder === undefined ? {} : { cwd: folder }),
    ...(hostname === undefined ? {} : { hostname }),
  });
}

/** Where no process is behind the writers, the container's output is copied to them. */
function copyOutput({ supervised, stdout, stderr }: CliIo) {
  const ends: Promise<unknown>[] = [];
  const copy = (from: Readable | null, to: Pick<CliOutput, 'write'>): void => {
    if (from === null) return;
    from.on('data', (chunk: Uint8Array) => to.write(chunk));
    ends.push(new Promise((resolve) => from.once('close', resolve)));
  };
  return {
    of: (engine: Engine): Engine => ({
      name: engine.name,
      async start(spec, containerIo) {
        const container = await engine.start(spec, containerIo);
        copy(container.stdout, supervised?.output ?? stdout);
        copy(container.stderr, supervised?.output ?? stderr);
        return container;
      },
    }),
    /** The command has ended, and what it wrote last may still be on its way. */
    complete: () => Promise.race([Promise.all(ends), sleep(LAST_OUTPUT_MS, undefined, { ref: false })]),
  };
}
