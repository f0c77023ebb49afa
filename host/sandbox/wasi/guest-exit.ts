/**
 * Thrown by `wasi:cli/exit`: the guest wants its program to end.
 *
 * It is a signal between the guest's import and the sandbox, which ends the instance and reports `GUEST_EXIT`; the host's
 * process goes on. The sandbox must also make the wasm frames between the two trap, so that no `catch_all` swallows it.
 */
export class GuestExit extends Error {
  static {
    Object.defineProperty(GuestExit.prototype, 'name', { value: 'GuestExit', configurable: true, writable: true });
  }
  /** Exit status, 0 to 255. `wasi:cli/exit#exit` only knows 0 and 1. */
  readonly code: number;

  constructor(code: number) {
    super(`Guest exited with status ${code}`);
    this.code = code;
  }
}
