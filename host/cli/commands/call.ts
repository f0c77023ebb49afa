import type { Value } from '../../abi/index.js';
import { isolationOf } from '../../dispatch/index.js';
import { quote } from '../../errors/index.js';
import type { CallUsage, HostLimits, Isolation, Plugin } from '../../runtime/index.js';
import { createHost, HOST_VERSION } from '../../runtime/index.js';
import { openKv } from '../../store/index.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed, UsageError } from '../failure.js';
import { pluginDeadline } from '../plugin-deadline.js';
import { settingsSoFar } from '../plugin-settings.js';
import type { Options } from '../program/parsed.js';
import { KV_QUOTA_BYTES, printPluginLine } from '../session.js';
import { hookCodec } from './hook-message.js';
import type { Found } from './plugin-file.js';
import { findPlugin } from './plugin-file.js';
import { printJson } from './print-json.js';

/** As much as one message may have. */
const MAX_INPUT_BYTES = 16 * 1024 ** 2;

/** `call`: one hook, one request, one answer. */
export const run: RunCommand = async (context, { args, options }) => {
  const [word = '', hook = ''] = args;
  const input = await readInput(context, options);
  const request = options.has('raw') ? undefined : parseInput(input);
  const { io, log } = context;
  const limits = readLimits(context, options);
  const host = await createHost({ log: (line) => printPluginLine(log, line), env: (name) => io.env[name], limits });
  try {
    const found = await findPlugin(context, word);
    const bytes = bytesOf(found);
    const grants = grantsOf(found, options);
    const needed = isolationOf(grants);
    const isolation = readIsolation(options) ?? needed;
    if (isolation === 'inline' && needed === 'thread') {
      log.warning(
        'A plugin that runs inline cannot wait for the network: its requests are answered with "unsupported"',
      );
    }
    const plugin = await host.load(bytes, { grants, kv: kvOf(context, found), isolation });
    const codec = hookCodec(hook, defaultContext(plugin, found));
    const message = options.has('raw') ? input : codec.request(request);
    const { response: answer, usage } = await plugin.measureRaw(codec.id, message);
    log.info(`${quote(hook)} took ${describeUsage(usage)}`);
    if (options.has('raw')) io.stdout.write(answer);
    else printJson(io, codec.response(answer));
    return EXIT_OK;
  } catch (error) {
    throw failed(`Failed to call ${quote(hook)} of plugin ${quote(word)}`, error);
  } finally {
    await host.close();
  }
};

async function readInput({ io }: CommandContext, options: Options): Promise<Uint8Array> {
  const text = options.text('input');
  if (text === '-') return io.stdin.readAll(MAX_INPUT_BYTES);
  return Buffer.from(text ?? (options.has('raw') ? '' : '{}'));
}

function parseInput(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(
      `The input is not JSON: ${why}`,
      'Give --input an object such as {} or read one from stdin with -',
    );
  }
}

function bytesOf(found: Found): Uint8Array {
  return found.kind === 'file' ? found.bytes : found.plugin.store.readPackage(found.plugin.record);
}

/** An installed plugin has the grants that it was given, a file none; `--grant` replaces either. */
function grantsOf(found: Found, options: Options): readonly string[] {
  const given = options.texts('grant');
  if (given.length > 0) return given;
  return found.kind === 'installed' ? found.plugin.record.grants : [];
}

function kvOf({ stores }: CommandContext, found: Found) {
  if (found.kind === 'file') return undefined;
  const { plugin } = found;
  return () => openKv(stores.kvDir(plugin), { quotaBytes: KV_QUOTA_BYTES });
}

function defaultContext(plugin: Plugin, found: Found): Value {
  const given = found.kind === 'installed' ? found.plugin.record : { name: plugin.manifest.name, settings: {} };
  return {
    hostVersion: HOST_VERSION,
    pluginVersion: plugin.manifest.version,
    runId: '',
    image: '',
    settings: settingsSoFar(given, plugin.manifest) as Value,
  };
}

/** Fuel is always counted here, for authors want to know what a call costs; without a number it is not bounded. */
function readLimits(context: CommandContext, options: Options): HostLimits {
  return {
    deadlineMs: pluginDeadline(context),
    fuel: readFuel(options) ?? Number.MAX_SAFE_INTEGER,
  };
}

function readFuel(options: Options): number | undefined {
  const text = options.text('fuel');
  if (text !== undefined && !/^[1-9]\d{0,14}$/.test(text)) {
    throw new UsageError(`--fuel ${quote(text)} is not a number of units from 1 to 999999999999999`);
  }
  return text === undefined ? undefined : Number(text);
}

function readIsolation(options: Options): Isolation | undefined {
  const text = options.text('isolation');
  if (text !== undefined && text !== 'inline' && text !== 'thread') {
    throw new UsageError(`--isolation ${quote(text)} is neither inline nor thread`);
  }
  return text;
}

function describeUsage({ wallMs, fuel, memoryBytes, capabilityCalls }: CallUsage): string {
  return [
    `${wallMs.toFixed(2)} ms (compiling not counted)`,
    `${(fuel ?? 0).toLocaleString('en')} units of fuel`,
    `${(memoryBytes / 1024 ** 2).toFixed(1)} MiB of memory`,
    `${capabilityCalls} ${capabilityCalls === 1 ? 'call' : 'calls'} to the host`,
  ].join(', ');
}
