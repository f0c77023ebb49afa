/**
 * Shell text, the same in all three shells, that prints what is there now, one name a line. Both commands only look.
 *
 * Only names of the shape that `install` and `run --name` accept: bash expands the words that it completes. Who waits at a
 * prompt gets the first thousand, and no error.
 */
const MAX_NAMES = 1000;

/** Names of the installed plugins. */
export const PLUGIN_NAMES = firstNames('list', '', '$2 ~ /^[a-z0-9._\\/-]+$/ { print $2 }');

const IS_ID = '$1 ~ /^[A-Za-z0-9][A-Za-z0-9_.+-]*$/';

/** Names of the detached containers, of which some may have exited. */
export const CONTAINERS = firstNames('ps', ' --all', `${IS_ID} { print $1 }`);

/** Names of those that run or are about to; the status is the last column. */
export const LIVE_CONTAINERS = firstNames('ps', '', `${IS_ID} && $NF ~ /^(running|starting)$/ { print $1 }`);

function firstNames(command: string, option: string, print: string): string {
  // The whole table is read: a pipe closed early would be an error of the command's.
  const table = `command wasm-plugin ${command}${option} </dev/null 2>/dev/null`;
  return `${table} | command awk 'NR > 1 && NR <= ${MAX_NAMES + 1} && ${print}'`;
}
