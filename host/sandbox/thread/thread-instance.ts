/** An instance in a thread of its own, as its owner sees it. */
import { PluginError } from '../../errors/index.js';
import { aborted, CallBudget, outOfTime } from '../call-budget.js';
import type { LinkParts } from '../instantiate.js';
import { hookMissing, requestTooLong } from '../lift.js';
import type { SandboxLimits } from '../limits.js';
import type { CallOptions, CallResult, InstanceOptions, ThreadInstance, Usage } from '../options.js';
import { InstanceState } from '../state.js';
import { answer, isPromise } from './answer.js';
import { errorFrom, errorMessage, messageOf } from './error-message.js';
import { InstanceThread, type ThreadOwner } from './instance-thread.js';
import { type FromThread, ownCopy, type Question, transferred } from './messages.js';
import { RunningCall } from './running-call.js';

/** Until the thread has loaded our code. The guest's own time starts after that: it must not pay for a busy machine. */
const BOOT_MS = 30_000;
const NO_USAGE: Usage = { fuel: undefined, cpuMs: undefined, memoryBytes: 0, capabilityCalls: 0 };

/** The start is a call like any other, whose result nobody sees. */
const STARTED: CallResult = { ok: true, payload: new Uint8Array() };

/**
 * Start a thread and make an instance in it. Guest code runs there already: start functions, and whatever they call.
 *
 * Rejects with the PluginErrors of {@link CompiledComponent.startThread}; nothing of the thread is left then.
 */
export async function startThreadInstance(
  parts: LinkParts,
  options: InstanceOptions,
  signal?: AbortSignal,
): Promise<ThreadInstance> {
  const instance = new LiveThread(parts, options);
  try {
    await instance.start(parts, signal);
  } catch (error) {
    // Whoever counts threads may only make the next one when this one is gone.
    await instance.close();
    throw error;
  }
  return instance;
}

class LiveThread implements ThreadInstance, ThreadOwner {
  readonly #options: InstanceOptions;
  readonly #limits: SandboxLimits;
  readonly #hooks: ReadonlySet<string>;
  readonly #budget: CallBudget;
  /** The same rules as for an instance in this thread: who may call, and what is said about a death. */
  readonly #state: InstanceState;
  #thread: InstanceThread | undefined;
  #running: RunningCall | undefined;
  #usage = NO_USAGE;

  constructor(parts: LinkParts, options: InstanceOptions) {
    this.#options = options;
    this.#limits = { ...parts.limits, ...options.limits };
    this.#hooks = new Set(parts.plan.hooks.keys());
    this.#budget = new CallBudget(this.#limits, { deadline: 'none', fuel: false }, undefined);
    this.#state = new InstanceState(this.#budget, () => undefined);
  }

  get failure(): PluginError | undefined {
    return this.#state.failure;
  }

  usage(): Usage {
    return this.#usage;
  }

  async start(parts: LinkParts, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) {
      throw new PluginError('CALL_ABORTED', `Cannot start the component: ${aborted().message}`);
    }
    const call = this.#enter('Cannot start the component', 'start', { signal });
    call.arm(BOOT_MS, () => this.#stop(call, threadFailed(`did not start within ${BOOT_MS} ms`)));
    try {
      this.#thread = new InstanceThread(parts, this.#options, this.#limits.stackBytes, this);
    } catch (cause) {
      const known = cause instanceof PluginError;
      this.#die(call, known ? cause : threadFailed(`could not be started, ${messageOf(cause)}`, cause));
    }
    await call.result;
  }

  async call(hookId: string, request: Uint8Array, options: CallOptions = {}): Promise<CallResult> {
    const { messageBytes, deadlineMs } = this.#limits;
    if (!this.#hooks.has(hookId)) {
      this.#state.checkFree(hookId);
      throw hookMissing(hookId);
    }
    if (request.byteLength > messageBytes) {
      throw requestTooLong(hookId, request.byteLength, messageBytes);
    }
    const call = this.#enter(`Cannot call ${hookId}`, hookId, options);
    const ms = Math.min(options.deadlineMs ?? deadlineMs, deadlineMs);
    call.arm(ms, () => this.#stop(call, outOfTime(ms)));
    const copy = ownCopy(request);
    this.#thread?.send({ kind: 'call', hook: hookId, request: copy, fuel: options.fuel }, transferred(copy));
    return call.result;
  }

  async close(): Promise<void> {
    this.#state.closed = true;
    const call = this.#running;
    if (call !== undefined) {
      this.#leave();
      call.fail(new PluginError('PLUGIN_CLOSED', `${call.doing}: the instance was closed`));
    }
    await this.#thread?.end();
  }

  received(message: FromThread): void {
    const call = this.#running;
    if (call === undefined) {
      return;
    }
    switch (message.kind) {
      case 'booted':
        call.arm(this.#limits.deadlineMs, () => this.#stop(call, outOfTime(this.#limits.deadlineMs)));
        return;
      case 'line':
        this.#line(call, message.stream, message.text);
        return;
      case 'question':
        this.#answer(call, message);
        return;
      case 'started':
        this.#succeed(call, STARTED, message.usage);
        return;
      case 'result':
        this.#succeed(call, { ok: message.ok, payload: message.payload }, message.usage);
        return;
      case 'failed':
        this.#fail(call, errorFrom(message.error, call.thrown), message.usage);
    }
  }

  failed(why: string, cause: unknown): void {
    const call = this.#running;
    if (call !== undefined) {
      this.#die(call, threadFailed(why, cause));
    } else {
      this.#state.failure = new PluginError('THREAD_FAILED', `Cannot keep the instance: its thread ${why}`, { cause });
      void this.#thread?.end();
    }
  }

  #enter(doing: string, hook: string, options: CallOptions | undefined): RunningCall {
    this.#state.enterGuest(hook, options);
    const call = new RunningCall(doing, hook, options?.signal, () => this.#stop(call, aborted()));
    this.#running = call;
    return call;
  }

  #leave(): void {
    this.#running = undefined;
    this.#state.leaveGuest();
  }

  /** The call must end now, unless it has ended by itself and we only have not heard of it yet. */
  #stop(call: RunningCall, reason: Error): void {
    call.stopping = true;
    this.#thread?.catchUp();
    if (this.#running === call) {
      this.#die(call, reason);
    }
  }

  #line(call: RunningCall, stream: 'stdout' | 'stderr', text: string): void {
    try {
      call.within(() => this.#options.wasi.onLine(stream, text));
    } catch (error) {
      this.#die(call, this.#state.hostThrew(error, 'the sink of output lines'));
    }
  }

  #answer(call: RunningCall, question: Question): void {
    const thread = this.#thread;
    if (call.stopping || thread === undefined) {
      return;
    }
    try {
      if (question.about === 'capability') {
        this.#state.enterHost(question.argument.importedAs);
      }
      const { messageBytes } = this.#limits;
      const said = call.within(() => answer(question, this.#options, messageBytes, thread.mailbox, call.context));
      if (isPromise(said)) {
        Promise.resolve(said)
          .then((later) => this.#say(call, later))
          .catch((error) => this.#refuse(call, error));
      } else {
        this.#say(call, said);
      }
    } catch (error) {
      this.#refuse(call, error);
    }
  }

  #say(call: RunningCall, value: unknown): void {
    if (this.#running === call) {
      this.#thread?.send({ kind: 'answer', value });
    }
  }

  #refuse(call: RunningCall, error: unknown): void {
    if (this.#running === call) {
      call.thrown = error;
      this.#thread?.send({ kind: 'no-answer', error: errorMessage(error) });
    }
  }

  #succeed(call: RunningCall, result: CallResult, usage: Usage): void {
    this.#usage = usage;
    this.#leave();
    call.succeed(result);
  }

  /** The guest has died in its thread, where the reason was worked out. */
  #fail(call: RunningCall, error: Error, usage: Usage = NO_USAGE): void {
    const known = error instanceof PluginError;
    this.#state.failure = known
      ? error
      : new PluginError('HOST_BUG', `${call.doing}: ${error.message}`, { cause: error });
    this.#end(call, this.#state.failure, usage);
  }

  /** The guest, or its thread, is ended from here: work out why. */
  #die(call: RunningCall, thrown: unknown): void {
    this.#end(call, this.#state.die(call.doing, call.hook, thrown), {
      ...NO_USAGE,
      memoryBytes: this.#usage.memoryBytes,
      capabilityCalls: this.#budget.hostCalls,
    });
  }

  #end(call: RunningCall, failure: PluginError, usage: Usage): void {
    this.#usage = usage;
    this.#leave();
    void this.#thread?.end();
    call.fail(failure);
  }
}

function threadFailed(why: string, cause?: unknown): PluginError {
  return new PluginError('THREAD_FAILED', `its thread ${why}`, { cause });
}
