import { any, doc, int, oneOf, optional, str, struct } from '../builders.js';
import { defineHook } from '../hook.js';
import { context } from './context.js';

const containerStats = struct(
  'ContainerStats',
  {
    memoryBytes: optional(int),
    cpuUsec: doc('CPU time used so far, in microseconds.', optional(int)),
    pids: optional(int),
  },
  "Figures of the container's cgroup, of either version; where it has none, sums over its processes. Absent where the kernel does not tell.",
);

/** During a container's life. */
export const monitorContainer = defineHook('wasm-plugin:hook/monitor-container@1.0.0', {
  doc: 'Something happened to the running container. Only the one exclusive monitor may act; what observers answer is ignored, except `nextTickMs` and `state`.',
  request: struct('MonitorContainerRequest', {
    context,
    id: doc('Container id.', str),
    pid: int,
    event: oneOf('started', 'tick', 'signal', 'exited'),
    stats: doc(
      'With `tick`: what it uses now. With `exited`: CPU time in total where it had a cgroup, the rest as the last tick had it.',
      optional(containerStats),
    ),
    signal: doc('With `signal`: the name, such as SIGTERM.', optional(str)),
    exitCode: doc(
      'With `exited`, if the process returned and its parent tells: the host and podman do, containerd does not.',
      optional(int),
    ),
    exitSignal: doc('With `exited`, if a signal ended the process.', optional(str)),
    uptimeMs: int,
    state: doc('What this plugin answered before.', optional(any)),
  }),
  response: struct('MonitorContainerResponse', {
    signal: doc('A signal to send, by name.', optional(str)),
    exitCode: doc('With `exited`: what `run` shall return instead.', optional(int)),
    nextTickMs: doc('When to send the next tick; absent: as before. 0: no more ticks.', optional(int)),
    state: doc('Travels to the later calls.', optional(any)),
  }),
});
