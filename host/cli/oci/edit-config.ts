/** The engine-config hook over a config that another engine made. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { hooks, sameMajor, type Value } from '../../abi/index.js';
import { checkGivenConfig, type JsonObject } from '../../dispatch/index.js';
import { PluginError, quote } from '../../errors/index.js';
import { settleFlags } from '../commands/command-call.js';
import { plainValues } from '../commands/plain-values.js';
import { formatChanges } from '../container/changes.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../failure.js';
import { FlagValueError, parseFlagValue } from '../flags/value.js';
import { createSession, participants } from '../session.js';
import { withContributions } from './context.js';

export interface EditedConfig {
  readonly config: JsonObject;
  /** Whether any plugin changed anything. */
  readonly changed: boolean;
  readonly runId: string;
  readonly image: string;
  readonly states: ReadonlyMap<string, Value>;
  /** Whether a plugin wants to hear of the container after its start. */
  readonly watched: boolean;
}

/** Annotations with this prefix set the flags that plugins add to `run`. */
const FLAG_PREFIX = 'wasm-plugin/';
/** How many that no plugin has are named. */
const MAX_UNKNOWN = 3;
const IMAGE_ANNOTATIONS = ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName'];

/**
 * Let the enabled plugins change a config.
 *
 * @param runtime - path of the runtime that will read it.
 * @returns undefined if there is no plugin that has to do with containers.
 * @throws PluginError as the engine-config hook of `run`, for a config that is too large also if no plugin edits it; UsageError for a flag that does not fit.
 */
export async function editConfig(
  plain: CommandContext,
  value: unknown,
  id: string,
  runtime: string,
): Promise<EditedConfig | undefined> {
  const config = asObject(value);
  const plugins = participants(plain).filter(({ record }) => ANY_OF.some((hook) => exportsHook(record.hooks, hook)));
  if (plugins.length === 0) return undefined;
  // Also where no plugin edits it: our hooks are written into it.
  checkGivenConfig(config);
  const context = withContributions(plain);
  const annotations = annotationsOf(config);
  const image = IMAGE_ANNOTATIONS.map((key) => annotations.get(key)).find((name) => name !== undefined) ?? '';
  const runId = randomUUID();
  const flags = settleFlags(context, { flag: (name) => flagValue(context, annotations, name) }, [
    ...(context.contributions.flags.get('run') ?? []),
  ]);
  for (const warning of unknownFlags(context, annotations)) context.log.warning(warning);
  const session = await createSession(context, { plugins, runId, image });
  try {
    // Two exclusive monitors are a reason not to start at all.
    const watched =
      session.dispatcher.monitor().active || plugins.some(({ record }) => exportsHook(record.hooks, 'post'));
    const result = await session.dispatcher.engineConfig({
      config,
      engine: { name: basename(runtime), image, id, rootless: isRootless(context) },
      flagsOf: (plugin) => plainValues(flags.byPlugin.get(plugin)),
    });
    for (const line of formatChanges(result.changes)) context.log.info(line);
    return {
      config: result.config,
      changed: result.changes.length > 0,
      runId,
      image,
      states: new Map(session.dispatcher.states()),
      watched,
    };
  } finally {
    await session.close();
  }
}

const HOOKS = {
  config: hooks.engineConfig.id,
  post: hooks.postStartProcess.id,
  monitor: hooks.monitorContainer.id,
} as const;
const ANY_OF = ['config', 'post', 'monitor'] as const;

function exportsHook(exported: readonly string[], hook: keyof typeof HOOKS): boolean {
  return exported.some((id) => sameMajor(id, HOOKS[hook]));
}

function asObject(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PluginError('CONFIG_INVALID', 'Cannot use the container config: it is not an object');
  }
  return value as JsonObject;
}

/** Those that are texts. */
export function annotationsOf(config: { readonly annotations?: unknown }): ReadonlyMap<string, string> {
  const { annotations } = config;
  const entries = typeof annotations === 'object' && annotations !== null ? Object.entries(annotations) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function flagValue({ contributions }: CommandContext, annotations: ReadonlyMap<string, string>, name: string) {
  const text = annotations.get(`${FLAG_PREFIX}${name}`);
  const known = contributions.flags.get('run')?.find(({ flag }) => flag.name === name);
  if (text === undefined || known === undefined) return undefined;
  try {
    return parseFlagValue(known.flag.type, text);
  } catch (error) {
    if (!(error instanceof FlagValueError)) throw error;
    throw new UsageError(`Annotation ${quote(`${FLAG_PREFIX}${name}`)} is wrong: ${error.message}`);
  }
}

/** A misspelt limit would else be none, and nobody would know. */
function unknownFlags({ contributions }: CommandContext, annotations: ReadonlyMap<string, string>): string[] {
  const known = new Set(contributions.flags.get('run')?.map(({ flag }) => `${FLAG_PREFIX}${flag.name}`));
  const unknown = [...annotations.keys()].filter((key) => key.startsWith(FLAG_PREFIX) && !known.has(key));
  const more = unknown.length > MAX_UNKNOWN ? ` and ${unknown.length - MAX_UNKNOWN} more` : '';
  if (unknown.length === 0) return [];
  const names = unknown.slice(0, MAX_UNKNOWN).map((key) => quote(key));
  return [`No plugin has a flag for the annotation ${names.join(', ')}${more}`];
}

/** Root of a user namespace is no root of the machine. */
function isRootless({ io }: CommandContext): boolean {
  if (io.user.uid !== 0) return true;
  try {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return false;
  }
}
