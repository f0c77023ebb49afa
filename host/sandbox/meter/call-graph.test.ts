import { parse } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readModuleFacts } from '../module-facts.js';
import { orderCalls } from './call-graph.js';
import { readCodeFacts } from './code-facts.js';

async function order(source: string): Promise<{ order: number[]; contract: number[] }> {
  const module = new Uint8Array(await parse(`(module ${source})`));
  const calls = orderCalls(module, readCodeFacts(module, readModuleFacts(module), module.length));
  return { order: [...calls.order], contract: [...calls.contract] };
}

describe('orderCalls()', () => {
  const cases = [
    { name: 'puts callees first', source: '(func call 1) (func call 2) (func)', want: [2, 1, 0], contract: [0, 0, 0] },
    { name: 'closes a circle of one', source: '(func call 0)', want: [0], contract: [1] },
    {
      name: 'closes a circle where it is largest',
      source: '(func call 1) (func call 2) (func nop nop call 0)',
      want: [1, 0, 2],
      contract: [0, 0, 1],
    },
    {
      name: 'asks it of those that are called unseen, imports not counted',
      source: `(import "a" "b" (func)) (func (export "e")) (func) (func $t) (func $s) (func $r) (func)
        (table funcref (elem $t)) (start $s) (global funcref (ref.func $r))`,
      want: undefined,
      contract: [1, 0, 1, 1, 1, 0],
    },
    {
      name: 'asks it of targets of tail calls',
      source: '(func return_call 1) (func)',
      want: [1, 0],
      contract: [0, 1],
    },
    {
      name: 'does not take indirect calls and imports for edges',
      source:
        '(import "a" "b" (func)) (type $t (func)) (table 1 funcref) (func call 0 (call_indirect (type $t) (i32.const 0)))',
      want: [0],
      contract: [0],
    },
  ];
  for (const { name, source, want, contract } of cases) {
    test(name, async () => {
      const found = await order(source);
      expect(found.order).toEqual(want ?? found.order);
      expect(found.contract).toEqual(contract);
    });
  }

  test('leaves no circle without a function that keeps the contract', async () => {
    const calls = fc.array(fc.array(fc.nat(11), { maxLength: 4 }), { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(calls, async (graph) => {
        const found = await order(
          graph.map((callees) => `(func ${callees.map((to) => `call ${to}`).join(' ')})`).join(''),
        );
        const place = new Map(found.order.map((index, i) => [index, i]));
        expect(place.size).toBe(graph.length);
        graph.forEach((callees, caller) => {
          for (const callee of callees) {
            // Who is called before it was looked at is not known to its caller.
            expect(place.get(callee)! < place.get(caller)! || found.contract[callee] === 1).toBe(true);
          }
        });
      }),
      { numRuns: 200 },
    );
  });
});
