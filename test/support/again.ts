/**
 * Options of tests that need somebody else's engine: each may fail once.
 *
 * On a busy machine podman 4.3 and containerd 1.6 lose output, or give up on a container, now and then; with a plain runtime as
 * well.
 */
export const AGAIN = { retry: 1 } as const;
