import { PluginError, quote } from '../../errors/index.js';

export interface FstabLine {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

/**
 * One line of fstab(5) for each mount, so that one `mount --all` makes them all.
 *
 * Fields end at a blank and a line may start with a comment sign, so those are written as octal escapes.
 *
 * @throws PluginError `CONFIG_INVALID` for a path with NUL or line feed, which no line can carry.
 */
export function formatFstab(lines: readonly FstabLine[]): string {
  return lines
    .map(({ source, target, type, options }) => {
      const fields = [source, target, type, options.length === 0 ? 'defaults' : options.join(',')];
      return `${fields.map(escapeField).join(' ')} 0 0\n`;
    })
    .join('');
}

/**
 * The same for mounts that are made one by one: type, options, source and target, each on a line of its own.
 *
 * @throws PluginError `CONFIG_INVALID` as {@link formatFstab}.
 */
export function formatMounts(lines: readonly FstabLine[]): string {
  return lines
    .flatMap(({ source, target, type, options }) => [type, options.join(',') || 'defaults', source, target])
    .map((field) => `${checkField(field)}\n`)
    .join('');
}

function escapeField(field: string): string {
  return checkField(field).replace(/[ \t\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function checkField(field: string): string {
  if (/[\0\n\r]/.test(field)) {
    throw new PluginError('CONFIG_INVALID', `Cannot mount ${quote(field)}: a path must not contain NUL or a line end`);
  }
  if (field === '') {
    throw new PluginError('CONFIG_INVALID', 'Cannot mount: a source or destination is empty');
  }
  return field;
}
