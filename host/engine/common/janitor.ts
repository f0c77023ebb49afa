/**
 * A process that outlives us, to remove the folder and the cgroups of a run if we are killed.
 *
 * It only reads from a pipe that we hold. `done` on it means that we have removed everything ourselves; the pipe's end without that
 * word means that we are gone, however that came about. Processes and a container's mounts need no janitor: the kernel ends them with us.
 * Where the janitor is killed too, the next run removes what is left (`cleanupStale`).
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { TOOLS_PATH } from './host-tools.js';
import { coverInheritedFds } from './inherited-fds.js';
import { REMOVE_MAPPED } from './mapped-removal.js';

export interface Janitor {
  /** Cgroups to remove as well. Lines of the pipe, so a folder with a line end in its name is left to the next run. */
  watch(cgroups: readonly string[]): void;
  /** Everything is removed; the janitor ends. */
  dismiss(): void;
}

/**
 * Arguments: the run's folder, how its owner.json begins, an unused name beside it, and the name that the folder has while it is made.
 *
 * The container may still be dying, so each step is tried for some seconds. The folder is given another name before it is
 * removed, and only if it is still that run's: a later run may have its id, and its name, by then.
 */
const SCRIPT = `cgroups=
while IFS= read -r line; do
  [ "$line" != done ] || exit 0
  cgroups="$cgroups$line
"
done
cd /
busy() {
  printf %s "$cgroups" | while IFS= read -r folder; do
    [ ! -d "$folder" ] || rmdir -- "$folder" || exit 1
  done
}
try() {
  for pause in 0 0.05 0.1 0.2 0.5 1 2 4; do
    sleep "$pause"
    ! "$@" || return 0
  done
  return 1
}
try busy || exit 1
# We may have been killed before we saw that it is somebody else's.
base=\${4%/*}
[ -O "$base" ] && [ ! -L "$base" ] || exit 0
# A runtime that is not dead yet would make its folder anew.
unused() { ! printf '%s/\\n' "$1" | grep -qsF -f - /proc/[0-9]*/cmdline; }
try unused "$1"
rm -rf -- "$4"
case $(cat "$1/owner.json") in "$2"*) ;; *) rmdir -- "$base"; exit 0 ;; esac
mv -T -- "$1" "$3" || exit 1
# An image that is mounted there: it must go first, for nothing in it is ours to remove.
mounted() {
  [ -d "$1" ] && here=$(stat -c %d -- "$1") || return 1
  # A FUSE mount whose program is gone cannot be looked at, but is listed.
  there=$(stat -c %d -- "$1/mnt") || { ls "$1" | grep -qx mnt; return; }
  [ "$there" != "$here" ]
}
detach() {
  mounted "$1" || return 0
  umount -l -- "$1/mnt" || fusermount3 -u -z -- "$1/mnt" || fusermount -u -z -- "$1/mnt"
  ! mounted "$1"
}
try detach "$3" || exit 1
# Whatever else somebody has mounted in there is not ours to empty.
here=$(cd -P -- "$3" && pwd -P | sed 's/\\\\/\\\\134/g; s/ /\\\\040/g') || exit 1
case $(cat /proc/self/mountinfo) in *" $here/"*) exit 1 ;; esac
${REMOVE_MAPPED}
remove_mapped "$3"
# Folders of the container may be closed to their owner; an overlay's work folder always is.
chmod -R u+rwx -- "$3"
try rm -rf -- "$3"
rmdir -- "$base"`;

/**
 * Start the janitor of a run. Where it cannot be started there is none, and nothing else changes.
 *
 * @param folder - the run's own, in a folder of ours.
 * @param owner - how the text of its owner.json begins, for as long as it is this run's.
 * @param draft - its path while it is made. It may be there already, or not yet.
 */
export function startJanitor(folder: string, owner: string, draft: string): Janitor {
  const aside = join(dirname(folder), `new-${randomUUID()}-${basename(folder)}`);
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'wasm-plugin', folder, owner, aside, draft], {
    cwd: '/',
    // A signal for our process group, such as Ctrl-C, is not for it.
    detached: true,
    env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'ignore', ...coverInheritedFds(3)],
  });
  // We do not wait for it; without these it would keep our process alive.
  child.unref();
  const pipe = child.stdin as unknown as Socket | null;
  pipe?.unref();
  child.on('error', () => undefined);
  pipe?.on('error', () => undefined);
  return {
    watch(cgroups) {
      for (const cgroup of cgroups.filter((name) => !name.includes('\n'))) {
        pipe?.write(`${cgroup}\n`);
      }
    },
    dismiss() {
      pipe?.end('done\n');
    },
  };
}
