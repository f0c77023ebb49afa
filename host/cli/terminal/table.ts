/**
 * Tables and key/value blocks as plain text. Names come from strangers and are escaped before they are measured.
 */
import { escapeControls } from '../../errors/index.js';

export type Align = 'left' | 'right';

export interface Column {
  readonly title: string;
  readonly align?: Align;
}

const GAP = '  ';
/** Key column of `formatFacts`. */
const FACT_COLUMNS = 14;

/** Lay out `rows` under a header; the last column is not padded, so no line ends in spaces. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(escapeControls))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? '').length)));
  return cells.map((row) => `${formatRow(columns, widths, row)}\n`).join('');
}

function formatRow(columns: readonly Column[], widths: readonly number[], row: readonly string[]): string {
  return columns
    .map(({ align }, index) => {
      const cell = row[index] ?? '';
      return align === 'right' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!);
    })
    .join(GAP)
    .trimEnd();
}

/**
 * `list`'s table, upstream's to the letter: `ENABLED  NAME`, then yes or no right-aligned to 7 columns.
 *
 * @param rows - already in the order to print.
 */
export function formatPluginList(rows: readonly { readonly name: string; readonly enabled: boolean }[]): string {
  if (rows.length === 0) return 'There are no plugins installed.\n';
  const columns: Column[] = [{ title: 'ENABLED', align: 'right' }, { title: 'NAME' }];
  return formatTable(
    columns,
    rows.map(({ name, enabled }) => [enabled ? 'yes' : 'no', name]),
  );
}

/** `  hooks         engine-config`: what `install` shows; keys in one column, further values under the first. */
export function formatFacts(facts: readonly (readonly [key: string, values: readonly string[]])[]): string {
  const width = Math.max(FACT_COLUMNS, ...facts.map(([key]) => key.length + 1));
  return facts
    .flatMap(([key, values]) =>
      values.map((value, index) => `  ${(index === 0 ? key : '').padEnd(width)}${escapeControls(value)}\n`),
    )
    .join('');
}

/** A block of our own lines with foreign text in it: everything but the line ends is escaped. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}
