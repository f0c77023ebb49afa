/**
 * The three shell scripts of a container.
 *
 *   Node        box (pid 1, privileged)            launcher (the command to be)      pivot (short-lived)
 *    |  <- pid    host pid, waits
 *    |  ack ->    mounts, host name
 *    |            starts the launcher as a child
 *    |  <- held                                    privileges dropped, waits
 *    |  ---------------------------------------------------------------------->      changes the root of both
 *    |  turned ->                                  enters the working directory
 *    |  <- ready                                   waits
 *    |  go ->
 *    |  <- started                                 sets the environment, executes the command
 *
 * Why the root changes from outside, and only after the launcher has dropped its privileges: a tool that starts after
 * the change is loaded by way of the image. An `/etc/ld.so.preload` or `/etc/nsswitch.conf` there would run the image's
 * code with every capability. So each privileged tool (mount, hostname, setpriv, pivot_root, umount) starts while its root is
 * the host's; nothing but the command itself ever starts from the image.
 *
 * Values chosen by others never become script text. They travel as arguments, or, because arguments of a process are
 * public on a host, as environment variables with names of ours.
 *
 * Descriptors: 2 collects the errors of the setup, 3 is the channel to Node, 4 is the command's stderr.
 */

/** Name of a script as it stands in front of its error messages. */
export const SCRIPT_NAME = 'wasm-plugin';

/**
 * Pid 1. Arguments: run folder, number of mount steps, host name (or empty), then the argv of the launcher.
 *
 * It stays pid 1 until the end and only waits: if the command were pid 1, signals without a handler would not reach it. Its
 * own stderr goes nowhere by then, since shells print "Killed" and the like.
 */
export const BOX = `set -e
read -r pid _ < /proc/self/stat
echo "pid $pid" >&3
read -r _ <&3
cd -- "$1"
step=0
while [ "$step" -lt "$2" ]; do
  if [ -e "touch.$step" ]; then
    while IFS= read -r file; do
      [ -d "\${file%/*}" ] || mkdir -p -- "\${file%/*}"
      : > "$file"
    done < "touch.$step"
  fi
  if [ -e "fstab.$step" ]; then
    mount --all --fstab "fstab.$step"
  else
    while IFS= read -r type && IFS= read -r options && IFS= read -r source && IFS= read -r target; do
      mount -t "$type" -o "$options" -- "$source" "$target"
    done < "mounts.$step"
  fi
  step=$((step + 1))
done
[ -z "$3" ] || hostname "$3"
cd /
shift 3
set +e
exec 5>&2 2>/dev/null
( exec 2>&5 5>&- "$@" )
exit $?`;

/** In front of the reason why the working directory cannot be entered. */
export const CWD_REFUSED = 'wasm-plugin-cwd: ';

/**
 * Enter the working directory `$1`, or say why not in words of ours: the shell's have its line number in them.
 */
const ENTER = `cd -P -- "$1" 2>&- || {
  if [ -d "$1" ]; then echo '${CWD_REFUSED}permission denied'
  elif [ -e "$1" ]; then echo '${CWD_REFUSED}it is not a folder'
  else echo '${CWD_REFUSED}it does not exist'
  fi >&2
  exit 1
}`;

/**
 * Execute the command, or say why not in words of ours.
 *
 * A command that looks as if it can be executed is, by this very process. For any other the shell's own attempt still decides, and
 * gives the exit code, with its words muted. Builtins and parameters of functions only: this runs in the image, and every name of a
 * variable is the config's.
 */
const EXECUTE = `wp_ready() {
  case $1 in
    */*) [ -x "$1" ] && [ ! -d "$1" ]; return ;;
  esac
  set -- "$1" "$PATH:"
  while [ -n "$2" ]; do
    set -- "$1" "\${2#*:}" "\${2%%:*}"
    set -- "$1" "$2" "\${3:-.}/$1"
    if [ -x "$3" ] && [ ! -d "$3" ]; then return 0; fi
  done
  return 1
}
if wp_ready "$1"; then exec "$@"; fi
set +e
( exec "$@" ) 2>&-
set -- "$?" "$1"
case $2 in
  *[[:cntrl:]]*) set -- "$1" 'the command' ;;
  *) set -- "$1" "\\"$2\\"" ;;
esac
case $1 in
  126) printf 'ERROR:   Cannot execute %s in the container: it is not executable\n' "$2" >&2 ;;
  127) printf 'ERROR:   Cannot execute %s in the container: not found\n' "$2" >&2 ;;
esac
exit "$1"`;

/** Names under which the values of the command's variables travel, in their order: of none of these. */
export function carriersOf(env: readonly (readonly [name: string, value: string])[]): string[] {
  let prefix = 'WP_ENV_';
  // One that is begun by a variable's name would be written over before it is read.
  while (env.some(([name]) => name.startsWith(prefix))) prefix = `${prefix}_`;
  return env.map((_, index) => `${prefix}${index}`);
}

/**
 * Runs as the container's user, without privileges. Arguments: working directory, then the command.
 *
 * @param env - the command's variables; their values arrive as `carriersOf` names them.
 * @param umask - of the command.
 * @param terminal - path in the container of the terminal that it has already: opened by this path, it has a name there.
 */
export function launcherScript(
  env: readonly (readonly [name: string, value: string])[],
  umask = 0o022,
  terminal?: string | undefined,
): string {
  const carriers = carriersOf(env);
  const set = env.map(([name], index) => `command export ${name}="$${carriers[index]}"`);
  // Shells export these on their own; a command gets them only from its config.
  const leftovers = ['LC_ALL', 'PATH', 'OLDPWD', 'PWD', 'SHLVL'].filter((name) =>
    env.every(([other]) => other !== name),
  );
  return [
    'set -e',
    'echo held >&3',
    'read -r _ <&3',
    ENTER,
    'shift',
    ...(terminal === undefined ? [] : [`exec 0<>${terminal} 1>&0 4>&0`]),
    `umask ${umask.toString(8).padStart(4, '0')}`,
    'echo ready >&3',
    'read -r _ <&3',
    'echo started >&3',
    'exec 3>&- 2>&4 4>&-',
    `unset ${leftovers.join(' ')}`,
    // Where to look for the command if the config does not say; unset has made it a variable that is not exported.
    ...(leftovers.includes('PATH') ? ['PATH=/usr/bin:/bin'] : []),
    ...set,
    ...(carriers.length > 0 ? [`unset ${carriers.join(' ')}`] : []),
    EXECUTE,
  ].join('\n');
}

/**
 * Runs on the host. Arguments: pid of the container's first process, its root folder, then the options that enter its user namespace.
 *
 * The second command keeps the host's root (`--root=/`) and takes the container's as working directory, where the old root now lies on top.
 */
export const PIVOT = `set -e
pid=$1 root=$2
shift 2
nsenter --target "$pid" "$@" --mount -- /bin/sh -c 'cd -- "$1" && exec pivot_root . .' ${SCRIPT_NAME} "$root"
nsenter --target "$pid" "$@" --mount --root=/ --wd="/proc/$pid/root" -- umount -c -i -n -l .`;
