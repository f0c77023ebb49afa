/** Copying operators with their indices moved: function bodies and constant expressions. */
import { malformed } from '../failures.js';
import { END } from '../opcodes.js';
import { newOperator, type Operator, OperatorReader } from '../operator-reader.js';
import type { IndexShift } from './index-shift.js';
import type { ModuleCopier } from './module-copier.js';

/** The operators whose indices move have one byte of opcode before the index. */
const OPCODE_BYTES = 1;

/** Put the operator's index where it belongs in the rewritten module. What is before it is copied. */
export function shiftOperator(operator: Operator, shift: IndexShift, copier: ModuleCopier): void {
  const index = shift.ofOperator(operator);
  if (index !== operator.index) {
    copier.copyTo(operator.start + OPCODE_BYTES);
    copier.replaceU32(operator.end, index);
  }
}

/** Shift a constant expression. @returns where it ends. */
export function shiftConstant(
  module: Uint8Array,
  start: number,
  end: number,
  shift: IndexShift,
  copier: ModuleCopier,
): number {
  const operator = newOperator();
  const reader = new OperatorReader(module, start, end);
  while (reader.next(operator)) {
    if (operator.code === END) {
      return operator.end;
    }
    shiftOperator(operator, shift, copier);
  }
  throw malformed(start, 'a constant expression does not end');
}
