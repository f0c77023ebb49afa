/** What is to be run: from the options of `run`, or from a plugin's command that asks for a container. */
import { PluginError, quote } from '../../errors/index.js';
import { covers, parseGrant } from '../../grant/index.js';
import type { Options } from '../program/parsed.js';

export interface ContainerRequest {
  /** As typed. */
  readonly image: string;
  /** Empty: what the image runs by default. */
  readonly command: readonly string[];
  /** `SRC[:DST[:OPTS]]`. */
  readonly binds: readonly string[];
  /** `KEY[=VALUE]`. */
  readonly env: readonly string[];
  readonly hostname: string | undefined;
  readonly pwd: string | undefined;
  readonly name: string | undefined;
  readonly readOnly: boolean;
  /** Never mount the image's own file system. */
  readonly unpack: boolean;
  /** Be root inside, with the ids that belong to the user outside. */
  readonly fakeroot: boolean;
  /** Give it a terminal of its own. */
  readonly tty: boolean;
  readonly engine: string | undefined;
}

/** @param args - IMAGE and COMMAND. */
export function requestFromOptions(args: readonly string[], options: Options): ContainerRequest {
  const [image = '', ...command] = args;
  return {
    image,
    command,
    binds: options.texts('bind'),
    env: options.texts('env'),
    hostname: options.text('hostname'),
    pwd: options.text('pwd'),
    name: options.text('name'),
    readOnly: options.has('read-only'),
    unpack: options.has('unpack'),
    fakeroot: options.has('fakeroot'),
    tty: options.has('tty'),
    engine: options.text('engine'),
  };
}

/** A container that a plugin asks for; the field `run` of the command hook's response. */
export interface RequestedRun {
  readonly image: string;
  readonly command: readonly string[];
  readonly options: ReadonlyMap<string, unknown>;
}

/** Grant that an option of a requested container needs. */
const GRANTS: ReadonlyMap<string, string> = new Map([
  ['bind', 'config:mounts'],
  ['env', 'config:env'],
  ['hostname', 'config:hostname'],
  ['pwd', 'config:cwd'],
]);

/**
 * Check and read the container that a plugin's command asks for.
 *
 * The plugin gets no more than it could get through `engine-config`: the image must be a word that the user typed, the command
 * the end of what the user typed (unless `config:args` was granted), and every option has its grant. A variable of the caller's
 * that it passes on by name needs the grant to read it.
 *
 * @param typed - arguments of the plugin's command, as the user typed them.
 * @param grants - what the plugin was granted.
 * @throws PluginError `CONFIG_DENIED` for what was not granted; `CONFIG_INVALID` for what makes no sense.
 */
export function requestFromPlugin(
  plugin: string,
  run: RequestedRun,
  typed: readonly string[],
  grants: readonly string[],
): ContainerRequest {
  const demand = (what: string, grant: string): void => {
    const wanted = parseGrant(grant);
    if (!grants.some((one) => covers(parseGrant(one), wanted))) {
      throw new PluginError('CONFIG_DENIED', `Plugin ${quote(plugin)} may not ${what}: ${grant} was not granted`);
    }
  };
  if (!typed.includes(run.image)) {
    throw new PluginError(
      'CONFIG_DENIED',
      `Plugin ${quote(plugin)} may not run the image ${quote(run.image)}: it is not among the arguments that were typed`,
    );
  }
  if (!isTail(run.command, typed)) demand('choose the command of a container', 'config:args');
  for (const name of run.options.keys()) {
    const grant = GRANTS.get(name);
    if (grant !== undefined) demand(`set ${quote(name)} of a container`, grant);
    else if (name !== 'read-only') throw invalid(plugin, `there is no option ${quote(name)}`);
  }
  const env = textsOf(plugin, run, 'env');
  for (const name of env.filter((text) => !text.includes('='))) {
    // A name alone takes the caller's value, which the plugin then reads in the container's config.
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw invalid(plugin, `${quote(name)} is not NAME or NAME=value`);
    demand(`pass on the variable ${quote(name)}`, `env:${name}`);
  }
  return {
    image: run.image,
    command: run.command,
    binds: textsOf(plugin, run, 'bind'),
    env,
    hostname: textOf(plugin, run, 'hostname'),
    pwd: textOf(plugin, run, 'pwd'),
    name: undefined,
    readOnly: run.options.get('read-only') === true,
    unpack: false,
    fakeroot: false,
    tty: false,
    engine: undefined,
  };
}

function isTail(words: readonly string[], typed: readonly string[]): boolean {
  const start = typed.length - words.length;
  return start >= 0 && words.every((word, index) => typed[start + index] === word);
}

function textsOf(plugin: string, { options }: RequestedRun, name: string): readonly string[] {
  const value = options.get(name) ?? [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalid(plugin, `${quote(name)} is not a list of strings`);
  }
  return value;
}

function textOf(plugin: string, { options }: RequestedRun, name: string): string | undefined {
  const value = options.get(name);
  if (value !== undefined && typeof value !== 'string') throw invalid(plugin, `${quote(name)} is not a string`);
  return value;
}

function invalid(plugin: string, why: string): PluginError {
  return new PluginError('CONFIG_INVALID', `Plugin ${quote(plugin)} asks for a container that cannot be: ${why}`);
}
