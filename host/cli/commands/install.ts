import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { quote } from '../../errors/index.js';
import { covers, parseGrant } from '../../grant/index.js';
import type { PluginPackage } from '../../package/index.js';
import { checkSettings, MAX_PACKAGE_BYTES, readPackage } from '../../package/index.js';
import type { InstallOptions, InstallResult, PluginRecord, Store } from '../../store/index.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { CommandFailure, failed, hintOf, reasonOf, UsageError } from '../failure.js';
import type { Options } from '../program/parsed.js';
import { readBoundedFile } from '../read-file.js';
import { confirm } from '../terminal/prompt.js';
import { escapeLines } from '../terminal/table.js';
import { consentText, grantsToGive } from './consent.js';
import { callLifecycle } from './lifecycle.js';
import { printJson } from './print-json.js';
import { recordJson } from './record-json.js';
import { unheardWords } from './unheard-words.js';
import { unknownInterfaces } from './unknown-interfaces.js';

/**
 * `install`: read, show, ask, install, and only then tell the plugin, if it wants to know.
 *
 * On stdout nothing, as upstream. Everything up to the consent reads, and nobody is asked about a package that cannot be loaded. A
 * plugin that fails in its `lifecycle` hook is taken out again, and what it replaced comes back.
 */
export const run: RunCommand = async (context, { args, options }) => {
  const path = args[0]!;
  const what = `Failed to install plugin ${quote(path)}`;
  const order = readOrder(options);
  // Before the file is looked at: who may not install need not be asked anything.
  const store = context.stores.writable('install');
  try {
    const bytes = readBoundedFile(resolve(context.io.cwd, path), MAX_PACKAGE_BYTES);
    const content = readPackage(bytes);
    const replaced = currentRecord(store, content.manifest.name);
    const granted = options.texts('grant');
    const facts = { content, replaced, granted: granted.length === 0 ? undefined : granted };
    const grants = grantsToGive(facts);
    context.io.stderr.write(escapeLines(consentText(facts)));
    for (const warning of [...unknownInterfaces(content), ...unheardWords(content)]) context.log.warning(warning);
    const { tryLoad } = await import('./try-load.js');
    const code = await tryLoad(context, bytes, content);
    if (!(await agrees(context, options, what))) throw new CommandFailure(`${what}: nobody agreed.`);
    const result = await store.install(bytes, installOptions(options, grants, order));
    // Before the plugin is told, which loads it again.
    code.keepIn(store.codeStore(result.record));
    await finish(context, store, result);
    notes(context, content, result);
    if (options.has('json')) printJson(context.io, recordJson({ record: result.record, store }, false));
    return EXIT_OK;
  } catch (error) {
    throw failed(what, error, { hint: pathHint(path, resolve(context.io.cwd, path)) });
  }
};

/** A folder is what an author has before `compile`. */
function pathHint(typed: string, path: string): string | undefined {
  if (/^[a-z][a-z+.-]*:\/\//i.test(typed)) return 'Nothing is fetched: download the file, then install that';
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  const sif = `${typed.replace(/\/+$/, '')}/${basename(path)}.sif`;
  return `Install takes a package file: wasm-plugin compile ${typed}, then wasm-plugin install ${sif}`;
}

function readOrder(options: Options): number | undefined {
  const text = options.text('order');
  if (text === undefined) return undefined;
  if (!/^[+-]?\d{1,9}$/.test(text)) throw new UsageError(`--order ${quote(text)} is not a whole number`);
  return Number(text);
}

/** A record that cannot be read is as good as none: installing is how it is repaired. */
function currentRecord(store: Store, name: string): PluginRecord | undefined {
  try {
    return store.get(name);
  } catch {
    return undefined;
  }
}

async function agrees({ io }: CommandContext, options: Options, what: string): Promise<boolean> {
  if (options.has('yes') || options.texts('grant').length > 0) return true;
  if (!io.stdin.isTty) {
    throw new CommandFailure(`${what}: there is no terminal to ask for consent.`, {
      hint: 'Give --yes to grant what it asks for, or --grant for each thing that it may do',
    });
  }
  return confirm(io, options.has('disabled') ? 'Install?' : 'Install and enable?');
}

function installOptions(options: Options, grants: readonly string[], order: number | undefined): InstallOptions {
  const overrides = options.texts('overrides');
  return {
    grants,
    order,
    optional: options.has('optional') ? true : undefined,
    overrides: overrides.length === 0 ? undefined : overrides,
    enabled: options.has('disabled') ? false : undefined,
  };
}

/** The one call at install: sandboxed, after the grants, undone with the installation if it fails. */
async function finish(context: CommandContext, store: Store, { record, replaced, undo }: InstallResult): Promise<void> {
  if (!record.enabled) return;
  try {
    const event = replaced === undefined ? 'installed' : 'upgraded';
    await callLifecycle(context, store, record, event, replaced?.version);
  } catch (error) {
    await undo();
    const now = replaced === undefined ? 'it is not installed' : `version ${replaced.version} is still installed`;
    throw new CommandFailure(`Failed to install plugin ${quote(record.name)}: ${reasonOf(error)}; ${now}.`, {
      hint: hintOf(error),
      cause: error,
    });
  }
}

function notes({ log, stores }: CommandContext, { manifest, notes }: PluginPackage, result: InstallResult): void {
  const { record, replaced } = result;
  for (const note of notes) log.info(note);
  if (replaced !== undefined) {
    log.info(`Plugin ${quote(record.name)} ${replaced.version} was replaced by ${record.version}`);
    if (!record.enabled) log.info(`Plugin ${quote(record.name)} is still disabled`);
  }
  const requests = manifest.requests.map(parseGrant);
  for (const text of record.grants) {
    const grant = parseGrant(text);
    if (!requests.some((request) => covers(request, grant) || covers(grant, request))) {
      log.warning(`Grant ${quote(text)} has no effect: the plugin does not ask for it`);
    }
  }
  try {
    checkSettings(manifest.settings, record.settings);
  } catch (error) {
    log.warning(reasonOf(error));
    log.hint(`Set them with: wasm-plugin config ${record.name} KEY=VALUE`);
  }
  const winner = stores.find(record.name);
  if (winner !== undefined && winner.record.digest !== record.digest && winner.store.kind === 'system') {
    log.warning(
      `The system's plugin ${quote(record.name)} ${winner.record.version} comes first; yours takes part in nothing`,
    );
  }
}
