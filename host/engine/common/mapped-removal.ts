/**
 * Files that a container with several ids wrote belong to ids that its user cannot act as. Another user namespace with
 * the same ids can remove them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLS_PATH } from './host-tools.js';
import { coverInheritedFds } from './inherited-fds.js';

/** In a run's folder: the words of `newuidmap` on one line, those of `newgidmap` on the next. */
export const ID_FILE = 'ids';

/**
 * Shell function `remove_mapped FOLDER`: empty the layers of a run's folder, where that takes its ids.
 *
 * Until unshare has made the namespace its process is in ours, where mapping fails: hence the tries.
 */
export const REMOVE_MAPPED = `remove_mapped() {
  [ -f "$1/${ID_FILE}" ] || return 0
  { read -r users && read -r groups; } < "$1/${ID_FILE}" || return 0
  unshare --user --keep-caps -- /bin/sh -c 'tries=0
    until read -r _ < /proc/self/gid_map; do
      tries=$((tries + 1))
      [ "$tries" -lt 500 ] || exit 1
      sleep 0.01
    done
    cd -- "$1" && exec rm -rf -- upper work' wasm-plugin "$1" &
  helper=$!
  for tool in newuidmap newgidmap; do
    tries=0
    until $tool "$helper" $users; do
      tries=$((tries + 1))
      [ "$tries" -lt 200 ] || break
      sleep 0.01
    done
    users=$groups
  done
  wait "$helper"
}`;

/** Do that now. A run without such ids costs one look. */
export function removeMapped(folder: string): void {
  if (existsSync(join(folder, ID_FILE))) {
    spawnSync('/bin/sh', ['-c', `${REMOVE_MAPPED}\nremove_mapped "$1"`, 'wasm-plugin', folder], {
      cwd: '/',
      env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'ignore', ...coverInheritedFds(3)],
    });
  }
}
