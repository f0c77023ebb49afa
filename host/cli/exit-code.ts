/**
 * Exit codes of the command line (docs/errors.md). `run` passes the container's own on, 126 and 127 among them. They differ from upstream's 255-for-everything on purpose: a script must be able
 * to tell a wrong command line from a failed operation, and a container's exit code from ours.
 */
export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** `run`: we failed before or around the container. */
export const EXIT_RUN_FAILED = 125;
/** `run`: the command is not in the container. */
export const EXIT_NOT_FOUND = 127;
/** Added to the number of the signal that ended the process. */
export const EXIT_SIGNAL_BASE = 128;
