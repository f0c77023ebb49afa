/**
 * Life and death of one instance: who is inside, what the guest asked of the host last, and why it ended.
 *
 * Host functions report what they throw here before it turns into a trap on its way through the guest (guard.ts), so
 * the error that comes out names the cause and not just `unreachable`.
 */
import { escapeControls, PluginError, quote } from '../errors/index.js';
import { type CallBudget, Stop } from './call-budget.js';
import type { CallOptions } from './options.js';
import {
  describeCaller,
  describeFrames,
  explainTrap,
  type Frame,
  frameDetails,
  isOutOfMemory,
  type ModulePositions,
} from './position/index.js';
import { GuestExit } from './wasi/index.js';
import { wasm } from './web-assembly.js';

const REMEMBERED_CALLS = 8;
const CALL_MASK = REMEMBERED_CALLS - 1;
const SHOWN_WORDS = 500;
const OUT_OF_MEMORY =
  'It is out of memory: keep less in it, give it more (memoryMiB), or let it collect garbage during calls (compile it with the runtime "incremental").';

export class InstanceState {
  /** Set once; the instance is unusable from then on. */
  failure: PluginError | undefined;
  /** A hook, or the start functions, are running. */
  busy = false;
  closed = false;
  /**
   * Whether the guest may call out. Not while it allocates or cleans up for the host: Canonical ABI, `may_leave`.
   */
  mayLeave = true;

  /** Runs once, before the failure is worked out. */
  beforeDeath: () => void = () => {};

  readonly #lastCalls = new Array<string>(REMEMBERED_CALLS).fill('');
  #callCount = 0;
  #thrown: { readonly error: unknown; readonly by: string } | undefined;
  readonly #lastWords: () => string | undefined;
  readonly #budget: CallBudget;
  readonly #modules: readonly ModulePositions[];

  /** @param modules - of its component, by index; none where guest code runs in another thread. */
  constructor(budget: CallBudget, lastWords: () => string | undefined, modules: readonly ModulePositions[] = []) {
    this.#budget = budget;
    this.#modules = modules;
    this.#lastWords = lastWords;
  }

  /** A host function starts: remember it, and refuse it where the guest may not call out. */
  enterHost(name: string): void {
    this.#lastCalls[this.#callCount & CALL_MASK] = name;
    this.#callCount++;
    this.#budget.hostCall();
    if (!this.mayLeave) {
      throw new PluginError(
        'GUEST_TRAP',
        `Cannot serve ${name}: the guest called it while it was asked to allocate or free`,
      );
    }
  }

  /** A host function threw; the guest is about to trap. @returns the error, to be thrown on. */
  hostThrew(error: unknown, by: string): unknown {
    this.#thrown ??= { error, by };
    return error;
  }

  /** @throws PluginError unless a call may start now; nothing has changed then. */
  enterGuest(hook: string, options: CallOptions | undefined): void {
    this.checkFree(hook);
    try {
      this.#budget.admit(options);
    } catch (error) {
      throw error instanceof Stop ? stoppedError(error, `Cannot call ${hook}`, { hook }) : error;
    }
    this.#budget.begin(options);
    this.busy = true;
  }

  /** The guest has come back by itself. @throws Stop if it did so too late. */
  settleGuest(): void {
    this.#budget.settle();
  }

  /** The call that {@link enterGuest} let in has ended, however it did. */
  leaveGuest(): void {
    this.busy = false;
    this.#budget.end();
  }

  /** @throws PluginError unless a call may start now. */
  checkFree(hook: string): void {
    if (this.busy) {
      throw new PluginError('PLUGIN_BUSY', `Cannot call ${hook}: the instance is serving another call`, {
        hint: 'Call it after the running call has returned.',
      });
    }
    if (this.failure !== undefined) {
      throw new PluginError('PLUGIN_CLOSED', `Cannot call ${hook}: the instance has ended (${this.failure.message})`, {
        hint: 'Make a new instance.',
        cause: this.failure,
      });
    }
    if (this.closed) {
      throw new PluginError('PLUGIN_CLOSED', `Cannot call ${hook}: the instance was closed`);
    }
  }

  /**
   * The guest is dead: work out why.
   *
   * @param doing - what was going on, such as `Cannot call x:y/z@1.0.0`.
   * @param thrown - what came out of the guest.
   * @returns the failure, which is kept.
   */
  die(doing: string, hook: string, thrown: unknown): PluginError {
    const cause = this.#thrown ?? { error: thrown, by: '' };
    if (this.failure === undefined) {
      try {
        this.beforeDeath();
      } catch {
        // The guest is dead for a reason of its own, and that is the one to report.
      }
      this.failure = this.#explain(doing, hook, cause.error, cause.by, explainTrap(thrown, this.#modules));
    }
    return this.failure;
  }

  #explain(doing: string, hook: string, error: unknown, by: string, frames: readonly Frame[]): PluginError {
    const lastCalls = this.#calls();
    const details = { hook, ...(lastCalls === '' ? {} : { lastCalls }), ...frameDetails(frames) };
    const where = describeFrames(frames);
    const because = (code: ConstructorParameters<typeof PluginError>[0], text: string, hint?: string): PluginError =>
      new PluginError(code, `${doing}: ${text}`, { cause: error, details, hint });
    if (error instanceof Stop) {
      return stoppedError(error, doing, details, where);
    }
    if (error instanceof GuestExit) {
      return because('GUEST_EXIT', `the guest ended itself with exit code ${error.code}${this.#words()}`);
    }
    if (error instanceof PluginError) {
      return because(error.code, error.message, error.hint);
    }
    if (by !== '' && !isGuestError(error)) {
      return because('HOST_BUG', `${by} failed, ${messageOf(error)}`);
    }
    if (error instanceof wasm.LinkError || error instanceof TypeError) {
      return because('COMPONENT_MALFORMED', `its core modules do not fit together, ${messageOf(error)}`);
    }
    // Only after an `unreachable`: a guest that divides by zero did that by itself. It may come by way of a host function that asked
    // the guest for memory.
    const stop = isUnreachable(error) ? this.#budget.stopped() : undefined;
    if (stop !== undefined) {
      return stoppedError(stop, doing, details, where);
    }
    const after = lastCalls === '' ? '' : `; last host calls: ${lastCalls}`;
    // Last words are those of a failed assertion, and name its line themselves.
    const words = this.#words();
    const place = words === '' ? where : `${words}${describeCaller(frames, words)}`;
    const hint = words === '' && isUnreachable(error) && isOutOfMemory(frames) ? OUT_OF_MEMORY : undefined;
    return because('GUEST_TRAP', `the guest trapped, ${trapText(error)}${place}${after}`, hint);
  }

  #words(): string {
    const words = this.#lastWords();
    return words === undefined || words === '' ? '' : ` after saying ${quote(words, SHOWN_WORDS)}`;
  }

  #calls(): string {
    const count = Math.min(this.#callCount, REMEMBERED_CALLS);
    return Array.from({ length: count }, (_, i) => this.#lastCalls[(this.#callCount - count + i) & CALL_MASK]).join(
      ', ',
    );
  }
}

/** @param where - the guest was when it was stopped: in its endless loop, perhaps. */
function stoppedError(stop: Stop, doing: string, details: PluginError['details'], where = ''): PluginError {
  const place = where === '' ? '' : `; it was${where}`;
  return new PluginError(stop.code, `${doing}: ${stop.message}${place}`, { hint: stop.hint, details });
}

/** What the checks of the meter end in. */
function isUnreachable(error: unknown): boolean {
  return error instanceof wasm.RuntimeError && error.message.includes('unreachable');
}

/** Comes from guest code: traps, exhausted stacks, exceptions that the guest threw and nobody caught. */
function isGuestError(error: unknown): boolean {
  return error instanceof wasm.RuntimeError || error instanceof wasm.Exception || isStackOverflow(error);
}

/** The stack is one: the guest may use it up so far that the host's part of it overflows. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

function trapText(error: unknown): string {
  return error instanceof wasm.Exception ? 'an exception that nobody caught' : messageOf(error);
}

function messageOf(error: unknown): string {
  return escapeControls(error instanceof Error ? error.message : String(error));
}
