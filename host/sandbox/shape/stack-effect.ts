/**
 * By how much each operator changes the height of the operand stack, where its code alone says so.
 *
 * Read from the names in the operator table, so that an operator which is added there is not forgotten here.
 * Held against V8 for every operator by `stack-effect.test.ts`. WebAssembly core specification 3.0, "Validation", "Instructions".
 */
import { operators, PREFIXED_OPERATORS } from '../meter/operators.js';
import { once } from '../once.js';

/** Control: what it does depends on a label or on a type. */
export const NO_EFFECT = -128;

/** Names in groups; the first group that fits decides. */
const EFFECTS: readonly (readonly [effect: number, names: RegExp])[] = [
  [NO_EFFECT, /^(unreachable|block|loop|if|else|try|catch|catch_all|try_table|delegate|end|return)$/],
  [NO_EFFECT, /^(throw|rethrow|throw_ref|br|br_if|br_table|br_on_\w+|(return_)?call(_\w+)?)$/],
  [NO_EFFECT, /^(struct|array)\./],
  [1, /^((local|global)\.get|(memory|table)\.size|ref\.(null|func)|\w+\.const)$/],
  [0, /^(nop|local\.tee|table\.get|memory\.grow|data\.drop|elem\.drop|atomic\.fence)$/],
  [-1, /^(drop|(local|global)\.set|table\.grow|ref\.eq|memory\.atomic\.notify)$/],
  [-2, /^(select|select_typed|table\.set|memory\.atomic\.wait\d\d)$/],
  [-3, /^(memory|table)\.(init|copy|fill)$/],
  [-2, /\.(store|cmpxchg|bitselect|relaxed_n?madd|relaxed_laneselect|relaxed_dot_\w+_add_s$)|\.rmw\d*\.cmpxchg/],
  [-1, /\.load\d+_lane$|\.replace_lane$|\.rmw\d*\.(add|sub|and|or|xor|xchg)/],
  [0, /\.(extadd_\w+|eqz)$/],
  [-1, /\.(eq|ne|[lg][te]|add|sub|mul|div|rem|and|andnot|or|xor|shl|shr|rotl|rotr|copysign|avgr)(_\w+)?$/],
  [-1, /\.(p?min|p?max|q15mulr|swizzle|shuffle|narrow|extmul|dot|relaxed_(min|max|swizzle|q15mulr|dot))(_\w+)?$/],
];

/** What is left takes one value and gives one: loads, conversions, splats, absolute values. */
function effectOf(name: string): number {
  return EFFECTS.find(([, names]) => names.test(name))?.[0] ?? 0;
}

/** Place of an operator in {@link stackEffects}: its byte, or its number in the table of its prefix. */
export function effectIndex(code: number): number {
  return code < 0x100 ? code : ((code >>> 16) - 0xfa) * PREFIXED_OPERATORS + (code & 0xffff);
}

/** By {@link effectIndex}. */
export const stackEffects: () => Int8Array = once(() => {
  const effects = new Int8Array(5 * PREFIXED_OPERATORS).fill(NO_EFFECT);
  for (const { code, name } of operators()) {
    effects[effectIndex(code)] = effectOf(name);
  }
  return effects;
});
