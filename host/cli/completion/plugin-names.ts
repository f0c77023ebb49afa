/**
 * Shell text, the same in all three shells, that prints the names of the installed plugins, one a line.
 *
 * Only names of the shape that `install` accepts: bash expands the words that it completes.
 */
export const PLUGIN_NAMES =
  "command wasm-plugin list 2>/dev/null | command awk 'NR > 1 && $2 ~ /^[a-z0-9._\\/-]+$/ { print $2 }'";
