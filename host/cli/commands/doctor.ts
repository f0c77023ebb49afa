import type { EngineFacts } from '../../engine/index.js';
import { tryEngines } from '../../engine/index.js';
import { escapeControls, quote } from '../../errors/index.js';
import { HOST_VERSION } from '../../runtime/index.js';
import { INLINE_DEADLINE_METER } from '../../sandbox/index.js';
import type { Store } from '../../store/index.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-code.js';
import { reasonOf } from '../failure.js';
import { readContributions } from '../flags/installed.js';
import { printJson } from './print-json.js';

interface StoreFacts {
  readonly kind: string;
  readonly root: string;
  readonly plugins: number;
  readonly enabled: number;
  readonly problems: readonly string[];
}

interface Report {
  readonly version: string;
  readonly node: string;
  /** How a plugin that does not return is stopped. */
  readonly meter: string;
  readonly engines: readonly EngineFacts[];
  readonly stores: readonly StoreFacts[];
  /** Commands and flags of plugins that are ignored. */
  readonly contributions: readonly string[];
}

const METER = {
  epoch: 'epoch: plugins read a shared cell, and stop within milliseconds of their deadline',
  slices:
    'fuel slices: this Node.js has no multi-memory, so plugins stop as soon but run slower; Node.js 22 and later have it',
} as const;

/**
 * `doctor`: what works here and what does not. Runs no plugin.
 *
 * @returns failed if something of ours is broken; an engine that is not installed is no failure.
 */
export const run: RunCommand = async (context, { options }) => {
  const report: Report = {
    version: HOST_VERSION,
    node: process.version,
    meter: METER[INLINE_DEADLINE_METER],
    engines: await tryEngines(),
    stores: checkStores(context),
    contributions: contributionProblems(context),
  };
  if (options.has('json')) printJson(context.io, report);
  else context.io.stdout.write(escapeLinesOf(formatReport(report)));
  const broken =
    report.stores.some(({ problems }) => problems.length > 0) || !report.engines.some(({ usable }) => usable);
  return broken ? EXIT_FAILED : EXIT_OK;
};

function checkStores({ stores }: CommandContext): StoreFacts[] {
  try {
    return stores.visible().map(checkStore);
  } catch (error) {
    return [{ kind: 'unusable', root: '', plugins: 0, enabled: 0, problems: [reasonOf(error)] }];
  }
}

function checkStore(store: Store): StoreFacts {
  const { plugins, problems } = store.check();
  return {
    kind: store.kind,
    root: store.root,
    plugins: plugins.length,
    enabled: plugins.filter(({ enabled }) => enabled).length,
    problems: problems.map(({ error }) => error.message),
  };
}

function contributionProblems({ stores }: CommandContext): readonly string[] {
  try {
    return readContributions(stores).warnings;
  } catch {
    // The store is the problem, and it is reported as one.
    return [];
  }
}

function formatReport({ version, node, meter, engines, stores, contributions }: Report): string[] {
  return [
    `wasm-plugin  ${version}`,
    `node         ${node}`,
    `meter        ${meter}`,
    ...engines.flatMap(({ name, usable, version: found, problems }) => [
      `engine       ${name}: ${usable ? `ok${found === undefined ? '' : `, version ${found}`}` : 'not usable'}`,
      ...problems.map((problem) => `             ${problem}`),
    ]),
    ...stores.flatMap(({ kind, root, plugins, enabled, problems }) => [
      `store        ${kind} ${quote(root, 4096)}: ${plugins} installed, ${enabled} enabled${problems.length === 0 ? ', ok' : ''}`,
      ...problems.map((problem) => `             ${problem}`),
    ]),
    ...contributions.map((warning) => `plugins      ${warning}`),
  ];
}

function escapeLinesOf(lines: readonly string[]): string {
  return lines.map((line) => `${escapeControls(line)}\n`).join('');
}
