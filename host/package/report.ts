import { PluginError, type PluginErrorCode } from '../errors/index.js';

/**
 * Collects what is wrong with a document, so that one error can name all of it: an author who fixes a manifest wants the
 * whole list, not the first line of it five times.
 */
export interface Report {
  /** `path` such as `contributes.flags[0].name`, empty for the whole; `text` continues the sentence. Both safe to print. */
  problem(path: string, text: string): void;
  /** Something that a newer version may know. A problem or a note, as whoever asked for the document prefers. */
  unknown(path: string, text: string): void;
  readonly problems: readonly string[];
}

const MAX_PROBLEMS = 30;
/** A manifest of the greatest size has room for tens of thousands of unknown keys, and each note is printed. */
const MAX_NOTES = 30;

/** @param onIgnored - takes what is unknown, which then is no problem. */
export function createReport(onIgnored?: (note: string) => void): Report {
  const problems: string[] = [];
  const sentence = (path: string, text: string): string => (path === '' ? `it ${text}` : `${path} ${text}`);
  const problem = (path: string, text: string): void => void problems.push(sentence(path, text));
  let notes = 0;
  const note = (onNote: (note: string) => void, path: string, text: string): void => {
    notes += 1;
    if (notes <= MAX_NOTES) onNote(sentence(path, text));
    else if (notes === MAX_NOTES + 1) onNote('it has more that this version does not know');
  };
  return {
    problem,
    unknown: onIgnored === undefined ? problem : (path, text) => note(onIgnored, path, text),
    problems,
  };
}

/**
 * Throw if anything was reported.
 *
 * @param action - the start of the message: `Cannot read manifest`.
 * @throws PluginError `code`, whose message lists the problems; `details.problems` is their number.
 */
export function failOnProblems(report: Report, code: PluginErrorCode, action: string, hint?: string): void {
  const { problems } = report;
  if (problems.length === 0) return;
  const shown = problems.slice(0, MAX_PROBLEMS);
  if (problems.length > MAX_PROBLEMS) shown.push(`and ${problems.length - MAX_PROBLEMS} more`);
  throw new PluginError(code, `${action}: ${shown.join('; ')}`, { hint, details: { problems: problems.length } });
}
