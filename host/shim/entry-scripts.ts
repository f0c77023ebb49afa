/**
 * The two programs that an engine is given: the runtime entry, and what the runtime calls at a container's start and end.
 *
 * They are shell scripts, and the entry becomes the real runtime. Node in its place would drop inherited descriptors, which runc
 * then takes for others (it hands the container a folder of the host), and raise the limit of open files for the container.
 * Engines start a runtime without PATH at times, so every path is absolute.
 */
import { quoteWord } from './quote-word.js';

export interface EntryOptions {
  /** Node and the command's script; absolute. */
  readonly program: readonly [node: string, script: string];
  /** The real runtime; absolute. */
  readonly runtime: string;
  /** Folder of the store; absolute. */
  readonly store: string;
  /** Folder for the state of containers; absolute. */
  readonly state: string;
  /** Where the hook program will be; absolute. */
  readonly hook: string;
  readonly pluginDeadline?: string | undefined;
}

/** Second line of both scripts: only a file with it is ours to replace or remove. */
export const MARK = '# Written by "wasm-plugin setup", which also replaces and removes it. Do not edit.';

const VARIABLES_OF_NODE = [
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_PATH',
  'NODE_DEBUG',
  'NODE_DEBUG_NATIVE',
  'NODE_V8_COVERAGE',
  'NODE_COMPILE_CACHE',
  'NODE_REDIRECT_WARNINGS',
  'NODE_PENDING_DEPRECATION',
  'OPENSSL_CONF',
  'WASM_PLUGIN_STORE',
  'WASM_PLUGIN_DEADLINE',
].join(' ');

/** dash knows no others; what is above is marked close-on-exec or left open in a process that ends soon. */
const CLOSE = [3, 4, 5, 6, 7, 8, 9].map((fd) => `${fd}>&-`).join(' ');

/** The runtime entry. @returns the text of the script. */
export function runtimeScript(options: EntryOptions): string {
  const { program, runtime, state, store } = options;
  return `#!/bin/sh
${MARK}
real=${quoteWord(runtime)}
node=${quoteWord(program[0])}
script=${quoteWord(program[1])}
state=${quoteWord(state)}
store=${quoteWord(store)}
records=$store/plugins
command= root= log= option= unknown=
for word in "$@"; do
  if [ -n "$option" ]; then
    case $option in --root) root=$word ;; --log) log=$word ;; esac
    option=
    continue
  fi
  case $word in
    --root=*) root=\${word#*=} ;;
    --log=*) log=\${word#*=} ;;
    --root | --log | --log-format | --log-level | --cgroup-manager | --criu | --rootless) option=$word ;;
    --debug | --systemd-cgroup | --version | --log-format=* | --log-level=* | --cgroup-manager=* | --criu=* | --rootless=*) ;;
    -*) unknown=yes ;;
    *) command=$word; break ;;
  esac
done
# It may take a value, and the command be the word after that.
[ -z "$unknown" ] || command=unknown
for id in "$@"; do :; done
left="$state/at/$root/$id.json"
# crun deletes with --force what is none of its containers, whatever the name; with such a one nothing of ours was made.
case $id in */*) left=/dev/null/none ;; esac

# Descriptors stay open here for the real runtime; the plugins' process gets none of them, and prints nothing.
plugins() (
  unset ${VARIABLES_OF_NODE}
  exec "$node" "$script" oci ${ownOptions(options)} -- "$@" </dev/null >&2 ${CLOSE}
)

# Certainly not there: the folder above could be searched for it.
missing() { [ ! -e "$1" ] && [ ! -L "$1" ] && [ -d "\${1%/*}" ] && [ -x "\${1%/*}" ]; }

# Each installed plugin has a record. A folder that cannot be looked into is for the plugins' process to complain about.
nobody_to_ask() {
  [ ! -e "$left" ] || return 1
  ! missing "$records" && ! missing "$store" || return 0
  [ -r "$records" ] && [ -x "$records" ] || return 1
  for record in "$records"/*.json; do
    [ ! -e "$record" ] || return 1
  done
}

# It says itself why it failed. Where it could not, the engine would only know that something did.
ask_plugins() {
  plugins "$@"
  status=$?
  case $status in
    0) return ;;
    1 | 2) ;;
    *) [ -z "$log" ] || printf '{"level":"error","msg":"wasm-plugin: Cannot run plugins: Node.js ended with %s; was it removed? Then run wasm-plugin setup again"}\\n' "$status" >>"$log" ;;
  esac
  exit 1
}

case $command in
  start | kill | state | list | ps | pause | resume | update | features | '') ;;
  exec) [ ! -e "$left" ] || ask_plugins "$@" ;;
  delete)
    if [ -e "$left" ]; then
      "$real" "$@" && /bin/rm -f -- "$left"
      exit
    fi ;;
  *) nobody_to_ask || ask_plugins "$@" ;;
esac
exec "$real" "$@"
`;
}

/** What a runtime calls as an OCI hook, and podman as a hook of its own. @returns the text of the script. */
export function hookScript(options: EntryOptions): string {
  const { program } = options;
  return `#!/bin/sh
${MARK}
# crun writes the container's state to a hook, and is ended by SIGPIPE if nobody reads it.
case $1 in poststop)
  while read -r _; do :; done
  exec /bin/rm -f -- "$2" ;;
esac
unset ${VARIABLES_OF_NODE}
exec ${quoteWord(program[0])} ${quoteWord(program[1])} oci-hook ${ownOptions(options)} -- "$@" ${CLOSE}
`;
}

function ownOptions({ store, state, runtime, hook, pluginDeadline }: EntryOptions): string {
  const words = ['--store', store, '--state', state, '--runtime', runtime, '--hook', hook];
  return [...words, ...(pluginDeadline === undefined ? [] : ['--plugin-deadline', pluginDeadline])]
    .map((word) => (word.startsWith('--') ? word : quoteWord(word)))
    .join(' ');
}
