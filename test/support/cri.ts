/**
 * A client of the container runtime interface (CRI), as a kubelet is one: pods and containers over containerd's socket.
 *
 * A call that fails rejects with what the server said; its `code` is gRPC's.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, credentials, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { TINY_IMAGE } from './oci-archive.js';

const PROTO = fileURLToPath(new URL('cri.proto', import.meta.url));
const CALL_TIMEOUT_MS = 120_000;

/** The machine's network, so that no plugin for networks is needed; the rest as Kubernetes has it by default. */
const NAMESPACES = { network: 'NODE', pid: 'CONTAINER', ipc: 'POD' };

export type Annotations = Readonly<Record<string, string>>;

export interface PodOptions {
  /** Name of a runtime of the CRI plugin's config; the empty one means its default. */
  readonly handler: string;
  readonly annotations?: Annotations;
  /** The control group above the pod's: a containerd's `namespace`. */
  readonly cgroupParent: string;
  /** Folder of its containers' logs. */
  readonly logFolder?: string;
}

export interface PodContainerOptions {
  readonly command: readonly string[];
  /** Default: `TINY_IMAGE`. */
  readonly image?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly annotations?: Annotations;
  /** Name of a file in the pod's `logFolder` for what it prints: see `printedIn`. Default: none. */
  readonly log?: string;
}

/** A pod that runs. Keeps what it was made from, since each of its containers is told again. */
export interface Pod {
  readonly id: string;
  readonly config: object;
}

export interface ContainerStatus {
  readonly state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
  readonly exit_code: number;
  readonly reason: string;
  readonly message: string;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CriClient {
  /** `runtime_name` and the versions of what answers. */
  version(): Promise<{ readonly runtime_name: string; readonly runtime_api_version: string }>;
  /** Start a pod in the machine's network: its pause container runs when this resolves. */
  runPod(options: PodOptions): Promise<Pod>;
  /** @returns the new container's id. It does not run yet. */
  createContainer(pod: Pod, options: PodContainerOptions): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** `createContainer` and `startContainer`. */
  runContainer(pod: Pod, options: PodContainerOptions): Promise<string>;
  containerStatus(id: string): Promise<ContainerStatus>;
  /** Poll until it has ended. */
  waitForExit(id: string): Promise<ContainerStatus>;
  execSync(id: string, command: readonly string[]): Promise<ExecResult>;
  /** Send the image's stop signal, and SIGKILL after `timeoutS` seconds. */
  stopContainer(id: string, timeoutS?: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  stopPod(pod: Pod): Promise<void>;
  /** Its containers go with it. */
  removePod(pod: Pod): Promise<void>;
  close(): void;
}

/** @param socket - where a containerd listens that was started with handlers. */
export function connectCri(socket: string): CriClient {
  const call = connect(socket);
  const client: CriClient = {
    version: () => call('Version', { version: 'v1' }),
    async runPod({ handler, annotations = {}, cgroupParent, logFolder = '' }) {
      const config = {
        metadata: { name: `pod-${randomUUID()}`, uid: randomUUID(), namespace: 'default', attempt: 0 },
        annotations,
        log_directory: logFolder,
        linux: { cgroup_parent: `/${cgroupParent}`, security_context: { namespace_options: NAMESPACES } },
      };
      const answer = await call<{ pod_sandbox_id: string }>('RunPodSandbox', { config, runtime_handler: handler });
      return { id: answer.pod_sandbox_id, config };
    },
    async createContainer(pod, { command, image = TINY_IMAGE, env = {}, annotations = {}, log = '' }) {
      const answer = await call<{ container_id: string }>('CreateContainer', {
        pod_sandbox_id: pod.id,
        sandbox_config: pod.config,
        config: {
          metadata: { name: `container-${randomUUID()}`, attempt: 0 },
          image: { image },
          command,
          envs: Object.entries(env).map(([key, value]) => ({ key, value })),
          annotations,
          log_path: log,
          linux: { security_context: { namespace_options: NAMESPACES } },
        },
      });
      return answer.container_id;
    },
    startContainer: (id) => call('StartContainer', { container_id: id }),
    async runContainer(pod, options) {
      const id = await client.createContainer(pod, options);
      await client.startContainer(id);
      return id;
    },
    async containerStatus(id) {
      return (await call<{ status: ContainerStatus }>('ContainerStatus', { container_id: id })).status;
    },
    async waitForExit(id) {
      const end = Date.now() + CALL_TIMEOUT_MS;
      let status = await client.containerStatus(id);
      while (status.state !== 'CONTAINER_EXITED' && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        status = await client.containerStatus(id);
      }
      return status;
    },
    async execSync(id, command) {
      const answer = await call<{ exit_code: number; stdout: Buffer; stderr: Buffer }>('ExecSync', {
        container_id: id,
        cmd: command,
      });
      return { exitCode: answer.exit_code, stdout: answer.stdout.toString(), stderr: answer.stderr.toString() };
    },
    stopContainer: (id, timeoutS = 0) => call('StopContainer', { container_id: id, timeout: timeoutS }),
    removeContainer: (id) => call('RemoveContainer', { container_id: id }),
    stopPod: ({ id }) => call('StopPodSandbox', { pod_sandbox_id: id }),
    removePod: ({ id }) => call('RemovePodSandbox', { pod_sandbox_id: id }),
    close: () => call.close(),
  };
  return client;
}

/** What a container printed, out of the text of its log: `TIME STREAM F LINE` each, with P for a line that goes on. */
export function printedIn(log: string, stream: 'stdout' | 'stderr'): string {
  const lines = [...log.matchAll(/^\S+ (stdout|stderr) ([FP]) (.*)$/gm)].filter(([, from]) => from === stream);
  return lines.map(([, , tag, text]) => `${text}${tag === 'F' ? '\n' : ''}`).join('');
}

interface Call {
  <T = void>(method: string, request: object): Promise<T>;
  close(): void;
}

function connect(socket: string): Call {
  const definition = loadSync(PROTO, { keepCase: true, enums: String, longs: Number, defaults: true });
  const service = definition['runtime.v1.RuntimeService'] as ServiceDefinition;
  // The default is the socket's path, escaped, which containerd's HTTP refuses.
  const options = { 'grpc.default_authority': 'localhost' };
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), options);
  const call = <T>(name: string, request: object) =>
    new Promise<T>((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = service[name] as ServiceDefinition[string];
      const deadline = Date.now() + CALL_TIMEOUT_MS;
      client.makeUnaryRequest<object, T>(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline },
        (error, answer) => (error === null ? resolve(answer as T) : reject(error)),
      );
    });
  return Object.assign(call, { close: () => client.close() });
}
