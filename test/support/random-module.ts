/**
 * Core modules made from a list of numbers, with a liking for what is hard to meter: calls in long rows, circles of calls, calls
 * that nobody sees coming, exceptions that pass them, branches out of everything, bulk operations, many locals.
 *
 * They end: a function calls others only with a smaller number than its own, and loops count down. Each exports `run`, which takes
 * that number, and imports `host.back`, which may call `run` again.
 */
import { concat, leb } from '../../host/sandbox/wasm-bytes.js';
import { listSection, moduleOf, sized } from './core-module.js';

export interface ModuleShape {
  /** No module may have both kinds. */
  readonly exceptions: 'none' | 'legacy' | 'new';
}

const I32 = 0x7f;
const I64 = 0x7e;
const FUNCREF = 0x70;
const NO_VALUE = 0x40;
/** Type indices: what all functions are, what blocks may be, what exceptions carry. */
const UNARY = 0;
const NOTHING = 1;
const TWO_RESULTS = 2;
const PAYLOAD = 3;
/** The only imported function, and locals of every function. */
const BACK = 0;
const DEPTH = 0;
const SUM = 1;
const PAGES = 3;
const MAX_PAGES = 6;
const TABLE = 12;
const MAX_TABLE = 40;
const LONG_DATA = 66_000;

/** Units that burning may take. The small ones are around the contract's bounds, the large ones around the stretch's. */
const BURNS = [1, 3, 9, 20, 33, 45, 70, 200, 700, 2500, 4900, 7000];
const ROWS = [1, 1, 1, 2, 3, 5, 12, 40, 150];
const LOCALS = [0, 0, 0, 0, 1, 100, 700, 5000, 20_000];
const LENGTHS = [0, 1, 64, 1000, 1024, 1025, 5000, 65_536, 65_537, 131_072, 170_000, 300_000];

const i32 = (value: number): number[] => [0x41, ...signed(value)];
const get = (local: number): number[] => [0x20, ...leb(local)];
const set = (local: number): number[] => [0x21, ...leb(local)];

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left >>= 7) {
    const low = left & 0x7f;
    if ((left >= -64 && left < 64) === true) {
      return [...bytes, low];
    }
    bytes.push(low | 0x80);
  }
}

/** Decisions, in a fixed order; past the end of the list they are all 0. */
class Tape {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(bound: number): number {
    return (this.#numbers[this.#at++] ?? 0) % bound;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

/** Make a module. @param numbers - natural numbers; the shorter and smaller, the simpler the module. */
export function randomModule(numbers: readonly number[], shape: ModuleShape): Uint8Array {
  const tape = new Tape(numbers);
  const callers = 1 + tape.below(5);
  const leaves = 1 + tape.below(3);
  const functions = callers + leaves;
  const bodies = Array.from({ length: functions }, (_, i) => {
    return new Body(tape, shape, { callers, functions }).make(i >= callers);
  });
  const own = (i: number): number => 1 + (i % functions);
  const elements = Array.from({ length: TABLE }, () => own(tape.below(functions)));
  const exported = Array.from({ length: tape.below(3) }, (_, i) => ({
    name: `also${i}`,
    index: own(tape.below(functions)),
  }));
  const indices = (list: readonly number[]): Uint8Array => concat([leb(list.length), ...list.map(leb)]);
  const limits = (minimum: number, maximum: number): number[] => [1, ...leb(minimum), ...leb(maximum)];
  return moduleOf(
    listSection(1, [
      [0x60, 1, I32, 1, I32],
      [0x60, 0, 0],
      [0x60, 0, 2, I32, I32],
      [0x60, 1, I32, 0],
    ]),
    listSection(2, [concat([sized(text('host')), sized(text('back')), [0, UNARY]])]),
    listSection(3, Array(functions).fill([UNARY])),
    listSection(4, [[FUNCREF, ...limits(TABLE, MAX_TABLE)]]),
    listSection(5, [limits(PAGES, MAX_PAGES)]),
    ...(shape.exceptions === 'none'
      ? []
      : [
          listSection(13, [
            [0, PAYLOAD],
            [0, NOTHING],
          ]),
        ]),
    listSection(6, [concat([[I32, 1], i32(0), [0x0b]])]),
    listSection(7, [
      concat([sized(text('run')), [0, 1]]),
      concat([sized(text('memory')), [2, 0]]),
      concat([sized(text('global')), [3, 0]]),
      ...exported.map(({ name, index }) => concat([sized(text(name)), [0], leb(index)])),
    ]),
    listSection(9, [
      concat([[0], i32(0), [0x0b], indices(elements)]),
      concat([[1, 0], indices(Array(100).fill(own(leaves)))]),
    ]),
    concat([[12, 1, 2]]),
    listSection(10, bodies),
    listSection(11, [
      concat([[1], sized(new Uint8Array(300).fill(7))]),
      concat([[1], sized(new Uint8Array(LONG_DATA).fill(9))]),
    ]),
  );
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

interface Callees {
  readonly callers: number;
  readonly functions: number;
}

/** One function: `(param $depth i32) (result i32)`, whose result depends on all that it did. */
class Body {
  readonly #tape: Tape;
  readonly #shape: ModuleShape;
  readonly #callees: Callees;
  readonly #counters: number[] = [];
  #left = 30;
  /** Blocks around, innermost last: may a branch with no value go there, and is it a handler that can throw again? */
  readonly #labels: { readonly plain: boolean; readonly handler: boolean }[] = [];

  constructor(tape: Tape, shape: ModuleShape, callees: Callees) {
    this.#tape = tape;
    this.#shape = shape;
    this.#callees = callees;
  }

  make(isLeaf: boolean): Uint8Array {
    const spare = this.#tape.pick(LOCALS);
    const code = this.#statements(isLeaf, 1 + this.#tape.below(6));
    const last = isLeaf ? [] : this.#tape.pick([[], [], this.#tailCall(), this.#tailCall()]);
    const groups = [
      [...leb(1 + this.#counters.length), I32],
      [...leb(spare), I64],
    ];
    return sized([2, ...groups.flat()], code, last, get(SUM), [0x0b]);
  }

  #statements(isLeaf: boolean, count: number): number[] {
    return Array.from({ length: count }, () => this.#statement(isLeaf)).flat();
  }

  #statement(isLeaf: boolean): number[] {
    if (this.#left-- <= 0) {
      return this.#burn(1);
    }
    const simple = [() => this.#burn(this.#tape.pick(BURNS)), () => this.#row(isLeaf), () => this.#bulk()];
    const nested = [
      () => this.#block(isLeaf),
      () => this.#if(isLeaf),
      () => this.#loop(isLeaf),
      () => this.#leave(isLeaf),
    ];
    const more = this.#shape.exceptions === 'none' ? [] : [() => this.#try(isLeaf), () => this.#throw()];
    const deep = this.#labels.length > 5;
    return this.#tape.pick(deep ? simple : [...simple, ...simple, ...nested, ...more, ...more])();
  }

  /** About so many units of nothing much. */
  #burn(units: number): number[] {
    const division = [0x42, 9, 0x42, 7, 0x80, 0x1a];
    const growing = [0x41, 0, 0x40, 0, 0x1a];
    const code = this.#mix(i32(units));
    for (let left = units - 5; left >= 0; ) {
      const [cost, bytes] = left >= 2001 ? [2001, growing] : left >= 18 ? [18, division] : [1, [0x41, 0, 0x1a]];
      code.push(...bytes);
      left -= cost;
    }
    return code;
  }

  /** `sum = sum * 31 + value`. */
  #mix(value: readonly number[]): number[] {
    return [...get(SUM), ...i32(31), 0x6c, ...value, 0x6a, ...set(SUM)];
  }

  /** The same call, again and again. */
  #row(isLeaf: boolean): number[] {
    const call = this.#call(isLeaf);
    const times = this.#tape.pick(ROWS);
    return Array.from({ length: times }, () => call).flat();
  }

  /** Callers are only called with less than they were. */
  #call(isLeaf: boolean): number[] {
    const { callers, functions } = this.#callees;
    const leaf = 1 + callers + this.#tape.below(functions - callers);
    const to = 1 + this.#tape.below(functions);
    const less = [...get(DEPTH), ...i32(1), 0x6b];
    const guarded = (call: readonly number[]): number[] => [
      ...get(DEPTH),
      0x04,
      NO_VALUE,
      ...this.#mix([...less, ...call]),
      0x0b,
    ];
    if (isLeaf) {
      return this.#burn(3);
    }
    return this.#tape.pick([
      () => this.#mix([...i32(0), 0x10, ...leb(leaf)]),
      () => this.#mix([...i32(0), 0x10, ...leb(leaf)]),
      () => guarded([0x10, ...leb(to)]),
      () => guarded([0x10, ...leb(to)]),
      () => guarded([0x10, BACK]),
      () => guarded([...i32(this.#tape.below(TABLE)), 0x11, UNARY, 0]),
    ])();
  }

  #tailCall(): number[] {
    const to = 1 + this.#tape.below(this.#callees.functions);
    const slot = this.#tape.below(TABLE);
    const call = this.#tape.pick([
      [0x12, ...leb(to)],
      [...i32(slot), 0x13, UNARY, 0],
    ]);
    return [...get(DEPTH), 0x04, NO_VALUE, ...get(DEPTH), ...i32(1), 0x6b, ...call, 0x0b];
  }

  #bulk(): number[] {
    const to = i32(this.#tape.pick([0, 5, 40_000, 130_000]));
    const from = i32(this.#tape.pick([0, 7, 39_000, 131_000]));
    const length = i32(this.#tape.pick(LENGTHS));
    const entry = i32(this.#tape.below(3));
    const entries = i32(this.#tape.below(11));
    const inTable = this.#tape.pick([
      [...entry, 0xd2, 1, ...entries, 0xfc, 0x11, 0],
      [...entry, ...i32(this.#tape.below(4)), ...entries, 0xfc, 0x0e, 0, 0],
      [...entry, ...i32(this.#tape.below(90)), ...entries, 0xfc, 0x0c, 1, 0],
      [0xd2, 1, ...i32(this.#tape.below(2)), 0xfc, 0x0f, 0, 0x1a],
    ]);
    return this.#tape.pick([
      [...to, ...i32(this.#tape.below(256)), ...length, 0xfc, 0x0b, 0],
      [...to, ...from, ...length, 0xfc, 0x0a, 0, 0],
      [...to, ...i32(this.#tape.below(9)), ...i32(this.#tape.pick([0, 100, 280])), 0xfc, 0x08, 0, 0],
      [...to, ...i32(this.#tape.below(9)), ...i32(this.#tape.pick([0, 100, 65_900])), 0xfc, 0x08, 1, 0],
      inTable,
      this.#mix([...to, 0x28, 2, 3]),
    ]);
  }

  #inside(plain: boolean, handler: boolean, isLeaf: boolean): number[] {
    this.#labels.push({ plain, handler });
    const code = this.#statements(isLeaf, 1 + this.#tape.below(3));
    this.#labels.pop();
    return code;
  }

  #block(isLeaf: boolean): number[] {
    if (this.#tape.below(3) === 0) {
      // Two results, and a branch that carries them.
      const code = this.#inside(false, false, isLeaf);
      const values = [...i32(1), ...i32(2), ...this.#condition(), 0x0d, 0];
      return this.#mix([0x02, TWO_RESULTS, ...code, ...values, 0x0b, 0x6a]);
    }
    return [0x02, NO_VALUE, ...this.#inside(true, false, isLeaf), 0x0b];
  }

  #condition(): number[] {
    return this.#tape.pick([
      [...get(SUM), ...i32(1), 0x71],
      [...get(DEPTH), ...i32(2), 0x4a],
      [...get(SUM), ...i32(6), 0x71, 0x45],
    ]);
  }

  #if(isLeaf: boolean): number[] {
    const condition = this.#condition();
    const first = this.#inside(true, false, isLeaf);
    const second = this.#tape.below(2) === 0 ? [] : [0x05, ...this.#inside(true, false, isLeaf)];
    return [...condition, 0x04, NO_VALUE, ...first, ...second, 0x0b];
  }

  #loop(isLeaf: boolean): number[] {
    const counter = SUM + 1 + this.#counters.length;
    this.#counters.push(counter);
    const rounds = this.#tape.pick([1, 2, 3, 7]);
    const code = this.#inside(false, false, isLeaf);
    const down = [...get(counter), ...i32(1), 0x6b, 0x22, ...leb(counter)];
    const again = this.#tape.pick([
      [...down, 0x0d, 0],
      [...down, 0x04, NO_VALUE, 0x0c, 1, 0x0b],
    ]);
    return [...i32(rounds), ...set(counter), 0x03, NO_VALUE, ...code, ...again, 0x0b];
  }

  /** Somewhere out: to a block around, or out of the function, perhaps. */
  #leave(isLeaf: boolean): number[] {
    const labels = this.#labels
      .map(({ plain }, i) => (plain ? this.#labels.length - 1 - i : -1))
      .filter((label) => label >= 0);
    const out = [...get(SUM), 0x0f];
    if (labels.length === 0) {
      return [...this.#condition(), 0x04, NO_VALUE, ...out, 0x0b];
    }
    const label = leb(this.#tape.pick(labels));
    const targets = Array.from({ length: 1 + this.#tape.below(4) }, () => leb(this.#tape.pick(labels)));
    return this.#tape.pick([
      [...this.#condition(), 0x0d, ...label],
      [...this.#condition(), 0x0d, ...label],
      [...get(SUM), 0x0e, ...leb(targets.length - 1), ...targets.flat()],
      [0x0c, ...label],
      [...out],
      [...get(SUM), ...this.#condition(), 0x0d, ...leb(this.#labels.length), 0x1a],
      isLeaf ? [0x01] : [...this.#condition(), 0x04, NO_VALUE, 0x00, 0x0b],
    ]);
  }

  #throw(): number[] {
    const handlers = this.#labels
      .map(({ handler }, i) => (handler ? this.#labels.length - i : -1))
      .filter((label) => label >= 0);
    const again = handlers.length === 0 ? [0x08, 1] : [0x09, ...leb(this.#tape.pick(handlers))];
    const thrown = this.#tape.pick([[...get(SUM), 0x08, 0], [0x08, 1], again]);
    return [...this.#condition(), 0x04, NO_VALUE, ...thrown, 0x0b];
  }

  #try(isLeaf: boolean): number[] {
    if (this.#shape.exceptions === 'new') {
      return this.#tryTable(isLeaf);
    }
    const code = this.#inside(true, false, isLeaf);
    const way = this.#tape.below(4);
    if (way === 0) {
      const to = this.#tape.below(this.#labels.length + 1);
      return [0x06, NO_VALUE, ...code, 0x18, ...leb(to)];
    }
    const some = way === 1 ? [] : [0x07, 0, ...this.#mixTop(), ...this.#inside(true, true, isLeaf)];
    const all = way === 2 ? [] : [0x19, ...this.#inside(true, true, isLeaf)];
    return [0x06, NO_VALUE, ...code, ...some, ...all, 0x0b];
  }

  /** `sum = sum ^ what is on the stack`. */
  #mixTop(): number[] {
    return [...get(SUM), 0x73, ...set(SUM)];
  }

  /** Leads to a block with the payload, to one without, around a loop, or out of the function with it. */
  #tryTable(isLeaf: boolean): number[] {
    this.#labels.push({ plain: false, handler: false });
    const code = this.#inside(true, false, isLeaf);
    this.#labels.pop();
    const out = leb(this.#labels.length + 1);
    switch (this.#tape.below(3)) {
      case 0:
        return [0x02, I32, 0x1f, NO_VALUE, 1, 0, 0, 0, ...code, 0x0b, ...i32(5), 0x0b, ...this.#mixTop()];
      case 1:
        return [0x02, NO_VALUE, 0x1f, NO_VALUE, 1, 2, 0, ...code, 0x0b, 0x0b];
      default:
        return [0x02, NO_VALUE, 0x1f, NO_VALUE, 2, 0, 0, ...out, 2, 0, ...code, 0x0b, 0x0b];
    }
  }
}
