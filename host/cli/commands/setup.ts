import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { escapeControls, quote } from '../../errors/index.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { CommandFailure, failed, UsageError } from '../failure.js';
import type { ParsedBuiltin } from '../program/parsed.js';
import type { Outcome } from '../setup/apply.js';
import { applyFiles, undoFiles } from '../setup/apply.js';
import { MAIN_CONFIG, planContainerd } from '../setup/containerd.js';
import { podmanConfigs, readIfThere } from '../setup/engine-configs.js';
import { defaultPlaces } from '../setup/places.js';
import type { Plan, SetupFacts } from '../setup/plan.js';
import { planPodman, planPrecreate } from '../setup/podman.js';
import { othersCanChange } from '../setup/trust.js';
import { printJson } from './print-json.js';

const TOOLS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** The first one that is installed, unless `--runtime` says which. */
const RUNTIMES = ['crun', 'runc'];
const AFTER_UNDO =
  'containers that were started through it can only be stopped, entered and removed with it: if there are any, set it up again until they are gone';
const AFTER_CONTAINERD = `take its tables out of ${MAIN_CONFIG}, where they were put there, and restart containerd`;

/** `setup ENGINE`: the programs and the configuration that make another engine's containers see plugins. */
export const run: RunCommand = async (context, parsed) => {
  const engine = parsed.args[0]!;
  const { options } = parsed;
  try {
    const facts = setupFacts(context, parsed, engine);
    const plan = planFor(engine, facts, context, options.has('precreate'));
    const undo = options.has('undo');
    for (const sentence of undo ? [] : othersCanChange(facts)) context.log.warning(sentence);
    const act = undo ? undoFiles : applyFiles;
    print(context, parsed, plan, act(plan.files, facts.folder, options.has('dry-run')));
    return EXIT_OK;
  } catch (error) {
    throw failed(`Failed to set up ${quote(engine)}`, error);
  }
};

function planFor(engine: string, facts: SetupFacts, { io }: CommandContext, precreate: boolean): Plan {
  if (engine === 'podman') return precreate ? planPrecreate(facts) : planPodman(facts, podmanConfigs(facts));
  if (engine !== 'containerd') throw new UsageError(`${quote(engine)} is none of podman, containerd`);
  if (precreate) throw new UsageError('--precreate is a way of podman alone');
  if (io.user.uid !== 0) {
    throw new CommandFailure('"wasm-plugin setup containerd" needs root privileges', { hint: 'Run it as root' });
  }
  return planContainerd(facts, readIfThere(MAIN_CONFIG));
}

function setupFacts({ io, stores, globals }: CommandContext, { options }: ParsedBuiltin, engine: string): SetupFacts {
  const { env, user } = io;
  const isRoot = user.uid === 0;
  const places = defaultPlaces(engine, io);
  const placed = (option: string) => {
    const text = options.text(option);
    if (text === '') throw new UsageError(`--${option} is empty`);
    return text === undefined ? undefined : resolve(io.cwd, text);
  };
  return {
    program: io.program,
    runtime: findRuntime(options.text('runtime'), io.cwd),
    store: resolve(stores.visible().at(-1)!.root),
    state: isRoot ? '/run/wasm-plugin' : join(env.XDG_RUNTIME_DIR || `/run/user/${user.uid}`, 'wasm-plugin'),
    pluginDeadline: globals.pluginDeadline,
    folder: placed('dir') ?? places.folder,
    config: placed('config-dir') ?? places.config,
  };
}

function findRuntime(wanted: string | undefined, cwd: string): string {
  if (wanted?.includes('/') === true) {
    const path = resolve(cwd, wanted);
    if (isExecutable(path)) return realpathSync(path);
    throw new CommandFailure(`${quote(path, 4096)} is no program`);
  }
  const names = wanted === undefined ? RUNTIMES : [wanted];
  const found = names.flatMap((name) => TOOLS.map((folder) => join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  throw new CommandFailure(`There is no ${names.map((name) => quote(name)).join(' or ')} in ${TOOLS.join(':')}`, {
    hint: 'Install it, or say with --runtime which runtime to use',
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function print(
  { io }: CommandContext,
  { args, options }: ParsedBuiltin,
  plan: Plan,
  outcomes: readonly Outcome[],
): void {
  const undo = options.has('undo');
  const files = plan.files.map(({ path, text, mode }, index) => ({
    path,
    mode: mode.toString(8),
    outcome: outcomes[index],
    text,
  }));
  if (options.has('json')) {
    printJson(io, { files, next: undo ? [] : plan.next });
    return;
  }
  const would = options.has('dry-run') ? 'would be ' : '';
  for (const { path, outcome } of files) {
    const is = outcome === 'written' || outcome === 'removed' ? would : '';
    io.stdout.write(`${is}${outcome}: ${escapeControls(path)}\n`);
  }
  if (undo) {
    if (!outcomes.includes('removed') || options.has('precreate')) return;
    io.stdout.write(`next: ${AFTER_UNDO}\n`);
    if (args[0] === 'containerd') io.stdout.write(`next: ${AFTER_CONTAINERD}\n`);
    return;
  }
  for (const line of plan.next) io.stdout.write(`next: ${escapeControls(line)}\n`);
}
