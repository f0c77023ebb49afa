/**
 * Leaves a plugin alone that keeps dying: after so many deaths in a row its calls fail at once, until a trial is due.
 *
 * A death costs a new instance, and a plugin that dies at its deadline costs the whole deadline each time; whoever calls it in a
 * loop should not pay for that for ever.
 */
import { PluginError, type PluginErrorCode } from '../errors/index.js';
import type { ResolvedQuarantine } from './run-options.js';

/** Deaths that say nothing of the plugin: the caller gave up, the embedder's own code failed, somebody closed it. */
const NOT_ITS_FAULT: ReadonlySet<PluginErrorCode> = new Set([
  'CALL_ABORTED',
  'HOST_BUG',
  'PLUGIN_CLOSED',
  'PLUGIN_BUSY',
]);

const MS_PER_SECOND = 1000;
const SHOWN_CHARS = 500;

export class Quarantine {
  /** Calls must ask {@link admit} first. A plain field: every call looks at it. */
  tripped = false;
  readonly #options: ResolvedQuarantine;
  readonly #now: () => number;
  #deaths = 0;
  #last: PluginError | undefined;
  #until = 0;
  #onTrial = false;

  /** @param now - milliseconds since any fixed point; never decreases. */
  constructor(options: ResolvedQuarantine, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /**
   * Let a call through as the trial, if one is due.
   *
   * One of {@link answered}, {@link died} and {@link undecided} must follow.
   *
   * @throws PluginError `PLUGIN_QUARANTINED`.
   */
  admit(hook: string): void {
    const leftMs = this.#until - this.#now();
    if (leftMs > 0 || this.#onTrial) {
      throw this.refusal(hook, leftMs);
    }
    this.#onTrial = true;
  }

  /** Why `hook` cannot be called now. */
  refusal(hook: string, leftMs = this.#until - this.#now()): PluginError {
    const retryInMs = Math.max(0, Math.ceil(leftMs));
    const next = leftMs > 0 ? `the next trial is in ${Math.ceil(leftMs / MS_PER_SECOND)} s` : 'a trial call is running';
    const times = this.#deaths === 1 ? 'once' : `${this.#deaths} times in a row`;
    const last = this.#last?.message ?? '';
    const why = last.length > SHOWN_CHARS ? `${last.slice(0, SHOWN_CHARS)}…` : last;
    return new PluginError(
      'PLUGIN_QUARANTINED',
      `Cannot call ${hook}: the plugin died ${times}, ${next}; the last time: ${why}`,
      {
        cause: this.#last,
        hint: 'Wait for the trial, or release the plugin once the cause is gone.',
        details: { hook, deaths: this.#deaths, lastCode: this.#last?.code ?? '', retryInMs },
      },
    );
  }

  /** The plugin lived through a call. */
  answered(): void {
    if (this.#deaths !== 0) {
      this.release();
    }
  }

  /**
   * An instance died, or could not be made.
   *
   * A deadline or a budget that a caller tightened counts like the plugin's own: what cannot be called within the time that its
   * callers have is as useless to them.
   *
   * @param trial - the call was let through by {@link admit}.
   * @returns whether calls fail from now on that did not before.
   */
  died(error: unknown, trial: boolean): boolean {
    if (!(error instanceof PluginError) || NOT_ITS_FAULT.has(error.code)) {
      this.undecided(trial);
      return false;
    }
    this.#deaths++;
    this.#last = error;
    if (trial) {
      this.#onTrial = false;
    }
    if (this.#deaths < this.#options.crashes) {
      return false;
    }
    const first = !this.tripped;
    this.tripped = true;
    this.#until = this.#now() + this.#options.forMs;
    return first;
  }

  /** A call ended in a way that says nothing of the plugin. */
  undecided(trial: boolean): void {
    if (trial) {
      this.#onTrial = false;
    }
  }

  /** Forget all deaths. */
  release(): void {
    this.#deaths = 0;
    this.#last = undefined;
    this.#until = 0;
    this.#onTrial = false;
    this.tripped = false;
  }
}
