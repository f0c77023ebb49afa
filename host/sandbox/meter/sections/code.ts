/** The code section: the planner's edits put in, the indices of operators moved, helper functions appended. */
import { PluginError } from '../../../errors/index.js';
import type { SectionSpan } from '../../module-facts.js';
import type { CodeFacts } from '../code-facts.js';
import type { CodePlan, Edit } from '../meter.js';
import { newOperator, OperatorReader } from '../operator-reader.js';
import { SECTION } from './ids.js';
import type { IndexShift } from './index-shift.js';
import type { ModuleCopier } from './module-copier.js';
import { shiftOperator } from './operators.js';

/** V8's limit on the body of one function. */
const MAX_BODY_BYTES = 7_654_321;

export interface CodeRewrite {
  readonly module: Uint8Array;
  readonly code: CodeFacts;
  readonly plan: CodePlan;
  readonly shift: IndexShift;
  readonly copier: ModuleCopier;
}

/**
 * Rewrite the code section.
 *
 * @param span - undefined if the module has none; then there is one only if there are helpers.
 * @throws PluginError `LIMIT_EXCEEDED` if a function with its checks is larger than V8 takes.
 */
export function rewriteCode(span: SectionSpan | undefined, rewrite: CodeRewrite): void {
  const { code, plan, copier } = rewrite;
  if (span === undefined) {
    copier.newSection(SECTION.code, () => {
      copier.putU32(plan.helpers.length);
      putHelpers(rewrite);
    });
    return;
  }
  copier.section(span, (reader) => {
    reader.u32();
    copier.replaceU32(reader.offset, code.bodies.count + plan.helpers.length);
    for (let i = 0; i < code.bodies.count; i++) {
      rewriteBody(i, rewrite);
    }
    copier.copyTo(span.end);
    putHelpers(rewrite);
  });
}

function rewriteBody(index: number, rewrite: CodeRewrite): void {
  const { code, plan, shift, copier } = rewrite;
  const { bodies } = code;
  const end = bodies.ends[index]!;
  const edits = plan.edits(index);
  if (edits.length === 0 && shift.none) {
    copier.copyTo(end);
    return;
  }
  copier.skipTo(bodies.starts[index]!);
  const size = copier.sized(() => {
    if (shift.none) {
      edits.forEach((edit) => {
        apply(edit, copier);
      });
    } else {
      editAndShift(index, edits, rewrite);
    }
    copier.copyTo(end);
  });
  if (size > MAX_BODY_BYTES) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load a core module: its function ${code.importedFunctions + index} has ${size} bytes with its checks, the limit is ${MAX_BODY_BYTES}`,
      { hint: 'Build it with less inlining.', details: { size, limit: MAX_BODY_BYTES } },
    );
  }
}

function editAndShift(index: number, edits: readonly Edit[], { module, code, shift, copier }: CodeRewrite): void {
  const reader = new OperatorReader(module, code.bodies.code[index]!, code.bodies.ends[index]!);
  const operator = newOperator();
  let next = 0;
  while (reader.next(operator)) {
    for (; next < edits.length && edits[next]!.at <= operator.start; next++) {
      apply(edits[next]!, copier);
    }
    // Operators that an edit took out have no index to move.
    if (operator.start >= copier.at) {
      shiftOperator(operator, shift, copier);
    }
  }
  for (; next < edits.length; next++) {
    apply(edits[next]!, copier);
  }
}

function apply({ at, remove, insert }: Edit, copier: ModuleCopier): void {
  copier.copyTo(at);
  copier.put(insert);
  copier.skipTo(at + remove);
}

function putHelpers({ plan, copier }: CodeRewrite): void {
  for (const { body } of plan.helpers) {
    copier.putU32(body.length);
    copier.putAdded(body);
  }
}
