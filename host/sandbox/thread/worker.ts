/** What the thread of one instance runs: makes the instance, and then serves one call after the other until it is ended. */
import { workerData } from 'node:worker_threads';
import { instantiate } from '../instantiate.js';
import type { ComponentInstance, Usage } from '../options.js';
import { Channel } from './channel.js';
import { errorMessage } from './error-message.js';
import type { ThreadData } from './messages.js';
import { remoteOptions } from './remote-options.js';
import { measureThreadCpu } from './thread-cpu.js';

const data = workerData as ThreadData;
const channel = new Channel(data.port, data.wake);

channel.send({ kind: 'booted' });
const instance = start();
while (instance !== undefined) {
  serve(instance);
}

function start(): ComponentInstance | undefined {
  const cpuMs = measureThreadCpu();
  try {
    const made = instantiate(data.parts, remoteOptions(data, channel));
    channel.send({ kind: 'started', usage: usageOf(made, cpuMs) });
    return made;
  } catch (error) {
    channel.send({ kind: 'failed', error: errorMessage(error), usage: undefined });
    return undefined;
  }
}

function serve(served: ComponentInstance): void {
  const message = channel.receive();
  if (message.kind !== 'call') {
    return;
  }
  const cpuMs = measureThreadCpu();
  try {
    const { ok, payload } = served.call(message.hook, message.request, { fuel: message.fuel });
    channel.send({ kind: 'result', ok, payload, usage: usageOf(served, cpuMs) }, payload);
  } catch (error) {
    channel.send({ kind: 'failed', error: errorMessage(error), usage: usageOf(served, cpuMs) });
  }
}

function usageOf(used: ComponentInstance, cpuMs: () => number | undefined): Usage {
  return { ...used.usage(), cpuMs: cpuMs() };
}
