import type { EngineFacts, ImageWayFacts, LimitFacts } from '../../engine/index.js';
import { ENGINE_NAMES, probeImageWays, selectEngine, tryContainer, tryEngines, tryLimits } from '../../engine/index.js';
import { HOST_VERSION } from '../../runtime/index.js';
import { INLINE_DEADLINE_METER } from '../../sandbox/index.js';
import type { Store } from '../../store/index.js';
import { fakerootIds } from '../container/fakeroot.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-code.js';
import { hintOf, reasonOf } from '../failure.js';
import { readContributions } from '../flags/installed.js';
import type { SetupCheck } from '../setup/check.js';
import { checkSetups } from '../setup/check.js';
import { formatReport } from './doctor-lines.js';
import { printJson } from './print-json.js';

export interface StoreFacts {
  readonly kind: string;
  readonly root: string;
  readonly plugins: number;
  readonly enabled: number;
  readonly problems: readonly string[];
}

/** What `run --fakeroot` would give this user. */
export interface FakerootFacts {
  /** Ids beside the user's own. Zero for root, who needs none. */
  readonly uids: number;
  readonly gids: number;
  readonly problems: readonly string[];
}

export interface Report {
  readonly version: string;
  readonly node: string;
  /** How a plugin that does not return is stopped. */
  readonly meter: string;
  readonly engines: readonly EngineFacts[];
  readonly images: readonly ImageWayFacts[];
  /** Undefined for root, and where there is no engine to try it with. */
  readonly fakeroot?: FakerootFacts;
  /** Undefined where there is no engine to try it with. */
  readonly limits?: LimitFacts;
  readonly setups: readonly SetupCheck[];
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
 * @returns failed if something of ours is broken; what is not installed is no failure, unless no engine at all can be used.
 */
export const run: RunCommand = async (context, { options }) => {
  const engines = await tryEngines();
  const first = ENGINE_NAMES.find((name) => engines.some((one) => one.name === name && one.usable));
  const engine = first === undefined ? undefined : selectEngine(first);
  const isRoot = context.io.user.uid === 0;
  const report: Report = {
    version: HOST_VERSION,
    node: process.version,
    meter: METER[INLINE_DEADLINE_METER],
    engines,
    images: probeImageWays(context.io.user.uid),
    ...(engine === undefined || isRoot ? {} : { fakeroot: await tryFakeroot(context, engine) }),
    ...(engine === undefined ? {} : { limits: await tryLimits(engine) }),
    setups: checkSetups(context.io),
    stores: checkStores(context),
    contributions: contributionProblems(context),
  };
  if (options.has('json')) printJson(context.io, report);
  else context.io.stdout.write(formatReport(report));
  const broken =
    [...report.stores, ...report.setups].some(({ problems }) => problems.length > 0) ||
    !engines.some(({ usable }) => usable);
  return broken ? EXIT_FAILED : EXIT_OK;
};

/** A container with all ids of the user, as without a plugin that maps them. */
async function tryFakeroot(
  context: CommandContext,
  engine: Parameters<typeof tryContainer>[0],
): Promise<FakerootFacts> {
  try {
    const ids = await fakerootIds(context, { userMapping: async () => undefined }, { fakeroot: true });
    const count = (map: readonly { readonly size: number }[] = []) =>
      Math.max(
        0,
        map.reduce((sum, { size }) => sum + size, -1),
      );
    const { problems } = await tryContainer(engine, ids === undefined ? {} : { fakeroot: ids });
    return { uids: count(ids?.uid), gids: count(ids?.gid), problems };
  } catch (error) {
    const hint = hintOf(error);
    return { uids: 0, gids: 0, problems: [reasonOf(error), ...(hint === undefined ? [] : [hint])] };
  }
}

function checkStores({ stores }: CommandContext): StoreFacts[] {
  try {
    return stores.visible().map(checkStore);
  } catch (error) {
    const hint = hintOf(error);
    const problems = [reasonOf(error), ...(hint === undefined ? [] : [hint])];
    return [{ kind: 'unusable', root: '', plugins: 0, enabled: 0, problems }];
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
