import type { OwnedChange } from '../../dispatch/index.js';
import { escapeControls } from '../../errors/index.js';

const MAX_LINES = 200;
const MAX_NAME_CHARS = 60;
const MAX_VALUE_CHARS = 70;
/** Of what two long values have in common, this much is shown in front of where they part. */
const SHOWN_BEFORE_CHARS = 30;
const APPENDED = '(appended)';

/** What became of one thing over all plugins. */
interface Line {
  readonly thing: string;
  readonly owner: string;
  /** Whose value it had before, where `owner` was installed to override that plugin. */
  readonly over: readonly string[];
  readonly before: string;
  readonly after: string;
}

/**
 * Who changed what, as a table: one line for each thing that has an owner, and one for each addition to a list.
 *
 *     env[SITE]           example.com/site   nothing     -> "SITE=north"
 *     mounts[/etc/slurm]  example.com/slurm  nothing     -> {"destination":"/etc/slurm",…
 *     /hooks/poststop     example.com/site   (appended)  -> [{"path":"/usr/bin/note"}]
 *
 * Long values are cut, near the place where they differ; everything is escaped, since all of it is a plugin's choice.
 *
 * @param changes - in the order they were made.
 */
export function formatChanges(changes: readonly OwnedChange[]): string[] {
  const lines = merge(changes);
  const shown = lines.slice(0, MAX_LINES).map(cells);
  const widths = [0, 1, 2].map((column) => shown.reduce((width, row) => Math.max(width, row[column]!.length), 0));
  const table = shown.map(([thing, owner, before, after]) => {
    const [left, middle, right] = [thing, owner, before].map((cell, i) => cell.padEnd(widths[i]!));
    return `${left}  ${middle}  ${right}  -> ${after}`;
  });
  return lines.length > MAX_LINES ? [...table, `and ${lines.length - MAX_LINES} more, see --json`] : table;
}

function merge(changes: readonly OwnedChange[]): Line[] {
  const lines: Line[] = [];
  const places = new Map<string, number>();
  for (const { thing, plugin, before, after, appended } of changes) {
    const place = appended ? undefined : places.get(thing);
    if (place !== undefined) {
      const { owner, over, ...line } = lines[place]!;
      lines[place] = { ...line, owner: plugin, over: [...over, owner], after: text(after) };
    } else {
      if (!appended) places.set(thing, lines.length);
      lines.push({ thing, owner: plugin, over: [], before: appended ? APPENDED : text(before), after: text(after) });
    }
  }
  return lines;
}

type Cells = readonly [thing: string, owner: string, before: string, after: string];

function cells({ thing, owner, over, before, after }: Line): Cells {
  const start = partingOf(before, after);
  const plugin = over.length === 0 ? owner : `${owner} over ${over.join(', ')}`;
  return [
    cut(thing, 0, MAX_NAME_CHARS),
    cut(plugin, 0, MAX_NAME_CHARS),
    cut(before, start, MAX_VALUE_CHARS),
    cut(after, start, MAX_VALUE_CHARS),
  ];
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Where to start showing two values so that their difference is among what is shown. */
function partingOf(before: string, after: string): number {
  if (Math.max(before.length, after.length) <= MAX_VALUE_CHARS) return 0;
  let common = 0;
  while (common < before.length && before[common] === after[common]) common++;
  return common <= MAX_VALUE_CHARS - SHOWN_BEFORE_CHARS ? 0 : common - SHOWN_BEFORE_CHARS;
}

function cut(whole: string, start: number, maxChars: number): string {
  const end = start + maxChars;
  return escapeControls(`${start > 0 ? '…' : ''}${whole.slice(start, end)}${whole.length > end ? '…' : ''}`);
}
