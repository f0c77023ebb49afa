/**
 * A shell script that stays a moment longer than it has work.
 *
 * `ctr` 1.6 and podman 4.3 now and then lose what a command printed that is gone before they read it, with any runtime.
 */
export function lingering(script: string): string {
  return `trap 'sleep 0.3' EXIT; ${script}`;
}
