/** The compiler's diagnostics as one readable text: `file:line:column: message`, then the line and a mark under it. */
import { escapeControls } from '../../errors/index.js';

interface Range {
  /** Offsets into the source's text. */
  readonly start: number;
  readonly end: number;
  readonly source: { readonly normalizedPath: string } | null;
}

/** What the compiler hands to `reportDiagnostic`. */
export interface Diagnostic {
  readonly message: string;
  readonly code: number;
  readonly category: number;
  readonly range: Range | null;
  /** Where the other half of the problem is, such as the call of a generic function. */
  readonly relatedRange: Range | null;
}

/** DiagnosticCategory.Error and Warning of the compiler. */
const ERROR = 3;
const WARNING = 2;
/** DiagnosticCode.User_defined_0: what this package reports, whose text the compiler gives a prefix. */
const OWN = 102;
const OWN_PREFIX = /^User-defined: /;
/** Types are named by where they are declared: `~lib/string/String`. */
const LIBRARY_PATH = /~lib\/(?:[\w.@-]+\/)+/g;
/** A terminal's tab stops depend on what stands before the line. */
const TAB = '  ';

export function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.category === ERROR;
}

export function isWarning(diagnostic: Diagnostic): boolean {
  return diagnostic.category === WARNING;
}

/**
 * @param sourceOf - text of a source by the path that the compiler shows, or undefined.
 * @returns lines without a line break at the end, control characters escaped.
 */
export function formatDiagnostic(diagnostic: Diagnostic, sourceOf: SourceOf): string {
  const { message, range, relatedRange, code } = diagnostic;
  const words = escapeControls(message.replace(OWN_PREFIX, '').replace(LIBRARY_PATH, ''));
  const text = code === OWN ? words : `${words} (AS${code})`;
  const shown = [`${range === null ? '' : `${place(range, sourceOf)}: `}${text}`, ...excerpt(range, sourceOf)];
  if (relatedRange !== null) {
    shown.push(`  see ${place(relatedRange, sourceOf)}`, ...excerpt(relatedRange, sourceOf));
  }
  return shown.join('\n');
}

type SourceOf = (path: string) => string | undefined;

/** `file:line:column`, or the file alone where its text is not known. */
function place({ source, start }: Range, sourceOf: SourceOf): string {
  const path = source?.normalizedPath ?? 'unknown';
  const text = sourceOf(path);
  if (text === undefined) {
    return path;
  }
  const before = text.slice(0, start);
  return `${path}:${before.split('\n').length}:${start - before.lastIndexOf('\n')}`;
}

/** The line, and a mark under what it is about. */
function excerpt(range: Range | null, sourceOf: SourceOf): string[] {
  const text = range?.source ? sourceOf(range.source.normalizedPath) : undefined;
  if (range === null || text === undefined) {
    return [];
  }
  const lineStart = text.lastIndexOf('\n', range.start - 1) + 1;
  const [line = ''] = text.slice(lineStart).split(/\r?\n/, 1);
  const column = range.start - lineStart;
  const markLength = Math.max(1, Math.min(range.end - range.start, line.length - column));
  const indent = line.slice(0, column).replaceAll('\t', TAB).length;
  return [`    ${escapeControls(line.replaceAll('\t', TAB))}`, `    ${' '.repeat(indent)}${'^'.repeat(markLength)}`];
}
