import { quote } from '../../errors/index.js';
import { UsageError } from '../failure.js';

/**
 * Read `--env KEY[=VALUE]`: a KEY alone takes the caller's value, and nothing if the caller has none. The last of a name wins.
 *
 * @throws UsageError
 */
export function parseVariables(
  texts: readonly string[],
  caller: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = equals === -1 ? text : text.slice(0, equals);
    if (name === '' || text.includes('\0')) throw new UsageError(`${quote(text)} is not KEY or KEY=VALUE`);
    const value = equals === -1 ? (Object.hasOwn(caller, name) ? caller[name] : undefined) : text.slice(equals + 1);
    if (value !== undefined) variables.set(name, value);
  }
  return variables;
}
