/** What bench/meter.ts runs: the kernels, and a script in QuickJS. */
import { DEFAULT_COMPONENT_LIMITS, decodeComponent } from '../../host/component/index.js';
import { bareHook, linkBare } from '../support/bare-link.js';
import { BURN, buildInterpretedBurn, burnRequest } from '../support/burn.js';
import { buildKernel, KERNELS } from '../support/kernels.js';
import { wasm } from '../support/web-assembly.js';
import { budgetFor, type Mode, treat } from './modes.js';

export const QUICKJS = 'QuickJS';

export interface Subject {
  readonly name: string;
  open(mode: Mode): Run;
}

/** One instance in one mode. */
export interface Run {
  /** One round of work. @returns its checksum. */
  round(): number;
  /** Around what is measured: time is armed, fuel is filled. */
  begin(): void;
  end(): void;
}

/** Build everything that is run. */
export async function buildSubjects(): Promise<Subject[]> {
  const kernels = await Promise.all(KERNELS.map(async (name) => ({ name, module: await buildKernel(name) })));
  const component = await buildInterpretedBurn();
  return [
    ...kernels.map(({ name, module }) => ({ name, open: (mode: Mode) => openKernel(module, mode) })),
    { name: QUICKJS, open: (mode) => openScript(component, mode) },
  ];
}

function openKernel(bytes: Uint8Array, mode: Mode): Run {
  const budget = budgetFor(mode);
  const { module, imports } = treat(bytes, mode, budget);
  return withBudget(budget, () => {
    const run = new wasm.Instance(module, imports()).exports.run as (rounds: number) => number;
    return () => run(1);
  });
}

function openScript(component: Uint8Array, mode: Mode): Run {
  const budget = budgetFor(mode);
  const plan = decodeComponent(component, DEFAULT_COMPONENT_LIMITS);
  const treated = plan.modules.map((bytes) => treat(bytes, mode, budget));
  return withBudget(budget, () => {
    const modules = treated.map(({ module }) => module);
    const call = bareHook(
      plan,
      linkBare(plan, modules, (module) => treated[module]!.imports()),
      BURN,
    );
    const request = burnRequest(1);
    return () => new DataView(call(request).buffer).getInt32(0, true);
  });
}

/** @param open - runs guest code already: start functions. */
function withBudget(budget: ReturnType<typeof budgetFor>, open: () => () => number): Run {
  budget?.begin(undefined);
  try {
    return { round: open(), begin: () => budget?.begin(undefined), end: () => budget?.end() };
  } finally {
    budget?.end();
  }
}
