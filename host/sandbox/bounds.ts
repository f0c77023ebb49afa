/** How much memory and how many table entries each core module's instances get: limits divided once, when compiling. */
import type { ComponentPlan } from '../component/index.js';
import { PluginError } from '../errors/index.js';
import { allot } from './allot.js';
import type { SandboxLimits } from './limits.js';
import type { ModuleFacts } from './module-facts.js';

const PAGE_SIZE = 65_536;
/** 4 GiB, the end of a 32-bit memory. */
const MAX_PAGES = 65_536;

/** How many instances the plan makes of each core module. */
export function usesOf({ modules, instances }: Pick<ComponentPlan, 'modules' | 'instances'>): readonly number[] {
  const uses = modules.map(() => 0);
  for (const instance of instances) {
    if (instance.kind === 'instantiate') {
      uses[instance.module] = uses[instance.module]! + 1;
    }
  }
  return uses;
}

/** Pages of the memory of each core instance, by index of the plan's instances; only of those that define one. */
export type MemoryBounds = ReadonlyMap<number, { readonly minimum: number; readonly maximum: number }>;

/**
 * Pages that the memory of each core instance may grow to.
 *
 * @throws PluginError `LIMIT_EXCEEDED` if the component cannot even start within the limits.
 */
export function memoryBounds(
  plan: ComponentPlan,
  facts: readonly ModuleFacts[],
  limits: Pick<SandboxLimits, 'memoryBytes' | 'memories'>,
): MemoryBounds {
  const hookMemories = new Set([...plan.hooks.values()].map((hook) => hook.memory.instance));
  const owners = plan.instances.flatMap((instance, index) => {
    const memory = instance.kind === 'instantiate' ? facts[instance.module]?.memory : undefined;
    return memory === undefined ? [] : [{ index, ...memory, favoured: hookMemories.has(index) }];
  });
  if (owners.length > limits.memories) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load the component: it has ${owners.length} memories, the limit is ${limits.memories}`,
    );
  }
  // QuickJS exports its memory through a chain of modules, so the owner may not be the instance that the hook names; the
  // largest memory is then the one that does the work.
  const favoured = owners.some((owner) => owner.favoured)
    ? owners
    : owners.map((owner) => ({ ...owner, favoured: owner.minimum === Math.max(...owners.map((o) => o.minimum)) }));
  const pages = Math.min(Math.floor(limits.memoryBytes / PAGE_SIZE), MAX_PAGES * owners.length);
  const maxima = allot(favoured, pages);
  if (maxima === undefined) {
    const wanted = owners.reduce((sum, owner) => sum + owner.minimum, 0) * PAGE_SIZE;
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load the component: it starts with ${wanted} bytes of memory, the limit is ${limits.memoryBytes}`,
      { hint: 'Raise the memory limit for this plugin.', details: { wanted, limit: limits.memoryBytes } },
    );
  }
  return new Map(owners.map(({ index, minimum }, i) => [index, { minimum, maximum: Math.min(maxima[i]!, MAX_PAGES) }]));
}

/**
 * Entries that each table of each module may grow to, all instances of the module alike.
 *
 * @returns by module, then by table.
 * @throws PluginError `LIMIT_EXCEEDED` if the tables start above the limit.
 */
export function tableBounds(
  plan: ComponentPlan,
  facts: readonly ModuleFacts[],
  limit: number,
): readonly (readonly number[])[] {
  const uses = usesOf(plan);
  const tooMany = (): PluginError =>
    new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load the component: its tables start above the limit of ${limit} entries`,
    );
  // Counted before anything is made for them, as if each had an entry: empty tables are as easy to write down.
  if (facts.reduce((count, { tables }, module) => count + tables.length * uses[module]!, 0) > limit) {
    throw tooMany();
  }
  const demands = facts.flatMap(({ tables }, module) =>
    Array.from({ length: uses[module]! }, () => tables.map((table) => ({ ...table, favoured: true }))).flat(),
  );
  const maxima = allot(demands, limit);
  if (maxima === undefined) {
    throw tooMany();
  }
  let at = 0;
  return facts.map(({ tables }, module) => {
    const perUse = Array.from({ length: uses[module]! }, () => {
      const bounds = maxima.slice(at, at + tables.length);
      at += tables.length;
      return bounds;
    });
    // One rewritten module serves all its instances, so the smallest share decides.
    return tables.map(({ minimum }, table) =>
      perUse.reduce((least, bounds) => Math.min(least, bounds[table]!), perUse[0]?.[table] ?? minimum),
    );
  });
}
