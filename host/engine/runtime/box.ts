/**
 * The scripts around an OCI runtime.
 *
 *   Node          box (pid 1 of a pid namespace of its own)      hooks of ours, run by the runtime
 *    |  <- pid      host pid
 *    |              own /proc, cgroups out of reach, overlay
 *    |              runs the runtime, which makes the container
 *    |  <- created ------------------------------------------     createRuntime: waits
 *    |  go ------------------------------------------------->
 *    |  <- started ------------------------------------------     poststart
 *    |  exit code   that of the runtime
 *
 * Why a pid namespace around the runtime, which makes one for the container anyway: the kernel ends all in it with its first
 * process, and that one with us. So neither a killed `wasm-plugin` nor a killed runtime leaves a container, and the
 * mounts go with the last of them.
 *
 * The runtime closes what a hook could inherit, so the hooks talk through two named pipes in the run's folder.
 *
 * Descriptors of the box: 2 collects the errors of the setup, 3 is the channel to Node, 4 is the command's stderr.
 */

/** Name of a script as it stands in front of its error messages. */
export const SCRIPT_NAME = 'wasm-plugin';

/** Named pipes of a run's folder: what hooks tell, and what they wait for. */
export const TOLD = 'told';
export const GO = 'go';

/** Is there once the command was started: the last word of the pipe may come after the end of the process. */
export const STARTED = 'started';

/**
 * Pid 1. Arguments: run folder, `hide` or `protect` (the cgroups), options of the overlay, `wait` where the ids
 * of the user namespace are still to come, then the argv of the runtime.
 *
 * Cgroups are ours to make (`common/cgroup.ts`), so the runtime must not: crun finds no cgroups at all where it would refuse a
 * hybrid machine; runc insists on finding some, and goes on without where it may not write.
 */
export const BOX = `set -e
read -r pid _ < /proc/self/stat
cd -- "$1"
mkfifo -m 600 ${TOLD} ${GO}
echo "pid $pid" >&3
[ "$4" != wait ] || read -r _ <&3
mount -t proc -o nosuid,nodev,noexec proc /proc
if [ ! -d /sys/fs/cgroup ]; then :
elif [ "$2" = hide ]; then
  mount -t tmpfs -o ro,nosuid,nodev,noexec tmpfs /sys/fs/cgroup
else
  while read -r _ _ _ _ point rest; do
    case $rest in
      *' - cgroup'*) mount -o remount,bind,ro,nosuid,nodev,noexec "$point" || : ;;
    esac
  done < /proc/self/mountinfo
fi
mount -t overlay -o "$3" overlay root
shift 4
set +e
exec 2>/dev/null
( exec 2>&4 3>&- 4>&- "$@" )
exit $?`;

/** A runtime that cannot write the whole state to a hook fails. */
const READ_STATE = 'while IFS= read -r _; do :; done';

/** Hook: tell that the container is made, and wait. Argument: run folder. */
export const CREATED_HOOK = `${READ_STATE}
echo created > "$1/${TOLD}"
read -r _ < "$1/${GO}"`;

/** Hook: tell that the command was let go. Argument: run folder. */
export const STARTED_HOOK = `${READ_STATE}
: > "$1/${STARTED}"
echo started > "$1/${TOLD}"`;

/**
 * Hook, run in the container's mount namespace while its root is still the host's: device nodes of an image are no devices.
 * crun binds the root to itself and drops that, runc when it makes the root read-only; so that is done here too. Arguments:
 * run folder, options.
 */
export const ROOT_HOOK = `${READ_STATE}
exec mount -o "remount,bind,$2" "$1/root"`;
