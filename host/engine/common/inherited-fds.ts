import { openSync, readdirSync, readFileSync } from 'node:fs';

const FIRST_FREE = 5;
const O_CLOEXEC = 0o2000000;

/**
 * Descriptors that a container would inherit from whoever started us, as entries for the `stdio` of a spawn.
 *
 * Node marks what it inherits as close-on-exec only up to the first unused number above 15, and a shell cannot close two-digit
 * descriptors. An open directory of the host among them would be a way out of the container. Closing them here would break
 * their owner, so each is covered with /dev/null in the child alone.
 *
 * @param used - how many entries of `stdio` are taken: 0 up to `used` - 1.
 * @returns the entries from `used` on; empty if nothing leaks.
 */
export function coverInheritedFds(used: number = FIRST_FREE): ('ignore' | number)[] {
  const leaking = readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd >= used && leaks(fd));
  if (leaking.length === 0) {
    return [];
  }
  const entries = new Array<'ignore' | number>(Math.max(...leaking) + 1 - used).fill('ignore');
  const nothing = nullDevice();
  for (const fd of leaking) {
    entries[fd - used] = nothing;
  }
  return entries;
}

function leaks(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false; // the descriptor of the listing itself, closed by now
  }
}

let opened: number | undefined;

/** Descriptor of /dev/null. Kept open: one for the process is enough, and Node opens files close-on-exec. */
export function nullDevice(): number {
  opened ??= openSync('/dev/null', 'r+');
  return opened;
}
