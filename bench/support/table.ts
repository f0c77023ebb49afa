/**
 * Rows to text in columns: the first column to the left, the others to the right.
 *
 * @param rows - the first is the head; a row of one cell is a heading and does not widen the columns.
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = widthsOf(rows);
  const lines = rows.map((row, index) => {
    const line = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)));
    return row.length === 1 ? `${index > 0 ? '\n' : ''}${row[0]}` : line.join('  ').trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

/** The same as Markdown; headings become bold rows. */
export function formatMarkdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const columns = head.length;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  const filled = body.map((row) =>
    row.length === 1 ? [`**${row[0]}**`, ...new Array<string>(columns - 1).fill('')] : row,
  );
  return `${[head, rule, ...filled].map(line).join('\n')}\n`;
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    if (row.length > 1) {
      row.forEach((cell, i) => {
        widths[i] = Math.max(widths[i] ?? 0, cell.length);
      });
    }
  }
  return widths;
}

/** Nanoseconds in the unit in which they read best, with three digits: `0.062 us`, `1.25 ms`. */
export function formatTime(ns: number): string {
  return ns < 1e6 ? `${digits(ns / 1e3)} us` : `${digits(ns / 1e6)} ms`;
}

/** A ratio with as many digits as mean something: `0.08x`, `1.21x`, `37x`. */
export function formatRatio(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(2) : Math.round(ratio)}x`;
}

/** Small ratios as the fraction that targets are written in: `1/8.3`. */
export function formatFraction(value: number): string {
  if (!(value < 0.5)) {
    return formatRatio(value);
  }
  const inverse = 1 / value;
  return `1/${Number.isInteger(Math.round(inverse * 1e6) / 1e6) ? Math.round(inverse) : inverse.toFixed(1)}`;
}

/** Bytes in the unit in which they read best: `812 KiB`, `6.9 MiB`, `41 MiB`. */
export function formatBytes(bytes: number): string {
  const kib = bytes / 1024;
  if (Math.abs(kib) < 1000) {
    return `${Math.round(kib)} KiB`;
  }
  const mib = kib / 1024;
  return `${Math.abs(mib) < 10 ? mib.toFixed(1) : Math.round(mib)} MiB`;
}

function digits(value: number): string {
  if (value >= 100) {
    return value.toFixed(0);
  }
  return value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);
}
