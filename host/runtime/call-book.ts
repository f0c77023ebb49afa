import type { CallOptions, CallResult } from '../sandbox/index.js';
import { aborted, type CallQueue } from './call-queue.js';
import type { Ledger } from './ledger.js';
import type { Quarantine } from './quarantine.js';
import type { PooledInstance } from './slot.js';

/** What a call leaves behind, wherever it ran: in the ledger, for the quarantine, and for those who wait. */
export class CallBook {
  readonly #ledger: Ledger;
  readonly #quarantine: Quarantine;
  readonly #queue: CallQueue;

  constructor(ledger: Ledger, quarantine: Quarantine, queue: CallQueue) {
    this.#ledger = ledger;
    this.#quarantine = quarantine;
    this.#queue = queue;
  }

  /**
   * A call comes.
   *
   * @returns whether it is the trial that may end a quarantine. {@link failed}, {@link answered} or the quarantine must hear of that one.
   * @throws PluginError `CALL_ABORTED`, `PLUGIN_QUARANTINED`.
   */
  admit(hook: string, options: CallOptions | undefined): boolean {
    if (options?.signal?.aborted === true) {
      throw aborted(hook);
    }
    if (!this.#quarantine.tripped) {
      return false;
    }
    this.#quarantine.admit(hook);
    return true;
  }

  begin(request: Uint8Array): void {
    this.#ledger.calls++;
    this.#ledger.requestBytes += request.length;
  }

  answered(result: CallResult): void {
    this.#ledger.answered(result);
    this.#quarantine.answered();
  }

  /**
   * @param instance - that it ran in; undefined if none could be made for it.
   * @param trial - the quarantine let it through.
   * @returns whether the instance is dead. If not, it refused the call, and nothing has happened.
   */
  failed(instance: PooledInstance | undefined, error: unknown, trial: boolean): boolean {
    this.#ledger.failures++;
    if (instance !== undefined && instance.failure === undefined) {
      this.#quarantine.undecided(trial);
      return false;
    }
    this.#ledger.deaths++;
    if (this.#quarantine.died(error, trial)) {
      this.#queue.failAll(({ hook }) => this.#quarantine.refusal(hook));
    }
    return true;
  }
}
