import { isAbsolute, resolve } from 'node:path';
import type { Bind } from '../../engine/index.js';
import { quote } from '../../errors/index.js';
import { UsageError } from '../failure.js';

/**
 * Read `--bind SRC[:DST[:OPTS]]`, as upstream spells it. OPTS is `ro` or `rw`; a backslash before a colon makes it part of a path.
 *
 * @param cwd - what a relative SRC starts from.
 * @throws UsageError
 */
export function parseBind(text: string, cwd: string): Bind {
  const [source = '', destination, options, ...more] = splitColons(text);
  const wrong = (why: string): UsageError =>
    new UsageError(`Cannot bind ${quote(text)}: ${why}`, 'Write SRC[:DST[:ro]]');
  if (source === '') throw wrong('there is no source');
  if (more.length > 0) throw wrong('it has more than three parts');
  if (text.includes('\0')) throw wrong('it has a NUL byte');
  const from = resolve(cwd, source);
  const to = destination === undefined || destination === '' ? from : destination;
  if (!isAbsolute(to)) throw wrong(`the destination ${quote(to)} is not an absolute path`);
  const flags = (options ?? '').split(',').filter((option) => option !== '');
  const unknown = flags.find((option) => option !== 'ro' && option !== 'rw');
  if (unknown !== undefined) throw wrong(`the option ${quote(unknown)} is neither ro nor rw`);
  if (flags.includes('ro') && flags.includes('rw')) throw wrong('it is both ro and rw');
  return { source: from, destination: to, readOnly: flags.includes('ro') };
}

function splitColons(text: string): string[] {
  return text.split(/(?<!\\):/).map((part) => part.replaceAll('\\:', ':'));
}
