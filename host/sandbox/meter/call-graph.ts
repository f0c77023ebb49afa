/**
 * Who calls whom directly, and in which order functions can be looked at so that callees come before callers.
 *
 * No such order exists for functions that call each other in a circle. The search breaks every circle at the calls that lead
 * back to a function which it is still inside of. Those functions are called by somebody who knows nothing of them, so they have to
 * keep the contract (see placement.ts), like those that can be called from outside or through a table, and like the targets of
 * tail calls, which go on in their caller's place.
 */
import type { CodeFacts } from './code-facts.js';
import { IntList } from './int-list.js';
import { CALL, RETURN_CALL } from './opcodes.js';
import { newOperator, OperatorReader } from './operator-reader.js';

/** Indices of a module's own functions, without the imports. */
export interface CallOrder {
  /** All of them, callees first. */
  readonly order: Uint32Array;
  /** 1 for those that have to keep the contract. */
  readonly contract: Uint8Array;
}

const NEW = 0;
const INSIDE = 1;
const DONE = 2;

/**
 * Order a module's functions for the placement of checks.
 *
 * Takes time and memory in proportion to the code, however deep the calls go: the search keeps its own stack.
 */
export function orderCalls(module: Uint8Array, facts: CodeFacts): CallOrder {
  const contract = facts.exposed.slice(facts.importedFunctions);
  const search = new Search(readCallees(module, facts, contract), contract);
  for (const index of largestFirst(facts)) {
    search.from(index);
  }
  return { order: search.order, contract };
}

/**
 * Circles close at the function through which the search enters them. A large one is rarely run without a check anyway, where a small
 * one would get its first for this.
 */
function largestFirst({ bodies }: CodeFacts): Uint32Array {
  const size = (index: number): number => bodies.ends[index]! - bodies.starts[index]!;
  return new Uint32Array(bodies.count).map((_, index) => index).sort((a, b) => size(b) - size(a) || a - b);
}

/** The callees of function `i` are `callees.at(starts[i])` up to `starts[i + 1]`, each once. */
interface Callees {
  readonly starts: Uint32Array;
  readonly callees: IntList;
}

/** @param contract - set for the targets of tail calls. */
function readCallees(module: Uint8Array, { bodies, importedFunctions }: CodeFacts, contract: Uint8Array): Callees {
  const starts = new Uint32Array(bodies.count + 1);
  const callees = new IntList();
  /** The last caller of each function, plus one: a callee is noted once for each caller. */
  const lastCaller = new Uint32Array(bodies.count);
  const operator = newOperator();
  for (let caller = 0; caller < bodies.count; caller++) {
    starts[caller] = callees.length;
    const reader = new OperatorReader(module, bodies.code[caller]!, bodies.ends[caller]!);
    while (reader.next(operator)) {
      if (operator.code !== CALL && operator.code !== RETURN_CALL) {
        continue;
      }
      const callee = operator.index - importedFunctions;
      if (callee < 0) {
        continue;
      }
      if (operator.code === RETURN_CALL) {
        contract[callee] = 1;
      }
      if (lastCaller[callee] !== caller + 1) {
        lastCaller[callee] = caller + 1;
        callees.push(callee);
      }
    }
  }
  starts[bodies.count] = callees.length;
  return { starts, callees };
}

/** Depth first, without recursion: hostile modules have chains of 100,000 functions. */
class Search {
  readonly order: Uint32Array;
  readonly #graph: Callees;
  readonly #contract: Uint8Array;
  readonly #state: Uint8Array;
  /** Next callee to look at, for each function that the search is inside of. */
  readonly #next: Uint32Array;
  readonly #inside = new IntList();
  #ordered = 0;

  constructor(graph: Callees, contract: Uint8Array) {
    const count = contract.length;
    this.#graph = graph;
    this.#contract = contract;
    this.order = new Uint32Array(count);
    this.#state = new Uint8Array(count);
    this.#next = graph.starts.slice(0, count);
  }

  from(root: number): void {
    if (this.#state[root] !== NEW) {
      return;
    }
    this.#enter(root);
    while (this.#inside.length > 0) {
      const caller = this.#inside.at(this.#inside.length - 1);
      const next = this.#next[caller]!;
      if (next === this.#graph.starts[caller + 1]) {
        this.#inside.pop();
        this.#state[caller] = DONE;
        this.order[this.#ordered++] = caller;
        continue;
      }
      this.#next[caller] = next + 1;
      const callee = this.#graph.callees.at(next);
      if (this.#state[callee] === INSIDE) {
        this.#contract[callee] = 1;
      } else if (this.#state[callee] === NEW) {
        this.#enter(callee);
      }
    }
  }

  #enter(index: number): void {
    this.#state[index] = INSIDE;
    this.#inside.push(index);
  }
}
