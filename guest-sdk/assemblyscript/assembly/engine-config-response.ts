// The answer to `engine-config`, with a method for each edit that people think of. All return the response, so that they chain:
//
//   return new EngineConfigResponse().addMount("/etc/slurm", "/etc/slurm", ["ro"]).setEnv("SLURM", "1");
//
// `add…` fails on the host where the key exists already, `set…` replaces, `remove…` removes.
import {
  Adjustments,
  AnnotationAdjustment,
  DeviceAdjustment,
  EngineConfigResponseBase,
  EnvAdjustment,
  MountAdjustment,
  NamespaceAdjustment,
  OciHookAdjustment,
  PatchOperation,
  ResourceAdjustment,
  RlimitAdjustment,
  UserAdjustment,
} from "./messages.generated";
import { Value } from "./value";

export class EngineConfigResponse extends EngineConfigResponseBase {
  /** Mount `source` of the host at `destination`. Options as for mount(8), such as `ro`; a bind mount unless `type` is given. */
  addMount(source: string, destination: string, options: string[] = [], type: string | null = null): this {
    return this.mount("add", source, destination, options, type);
  }

  setMount(source: string, destination: string, options: string[] = [], type: string | null = null): this {
    return this.mount("replace", source, destination, options, type);
  }

  removeMount(destination: string): this {
    return this.mount("remove", null, destination, [], null);
  }

  setEnv(name: string, value: string): this {
    return this.env("replace", name, value);
  }

  /** Like `setEnv`, but fails where the variable is set already. */
  addEnv(name: string, value: string): this {
    return this.env("add", name, value);
  }

  unsetEnv(name: string): this {
    return this.env("remove", name, null);
  }

  setHostname(hostname: string): this {
    this.edits().hostname = hostname;
    return this;
  }

  /** Working directory in the container. */
  setCwd(cwd: string): this {
    this.edits().cwd = cwd;
    return this;
  }

  /** The container's whole command line. */
  setArgs(args: string[]): this {
    this.edits().args = args;
    return this;
  }

  setUser(uid: i64, gid: i64, additionalGids: i64[] = []): this {
    const user = new UserAdjustment();
    user.uid = uid;
    user.gid = gid;
    user.additionalGids = additionalGids;
    this.edits().user = user;
    return this;
  }

  annotate(name: string, value: string): this {
    return this.annotation("replace", name, value);
  }

  removeAnnotation(name: string): this {
    return this.annotation("remove", name, null);
  }

  /** @param type - pid, network, mount, ipc, uts, user, cgroup or time. @param path - an existing one to join. */
  addNamespace(type: string, path: string | null = null): this {
    return this.namespace("add", type, path);
  }

  setNamespace(type: string, path: string | null = null): this {
    return this.namespace("replace", type, path);
  }

  removeNamespace(type: string): this {
    return this.namespace("remove", type, null);
  }

  /** In bytes. */
  setMemoryLimit(bytes: i64): this {
    this.limits().memoryLimit = bytes;
    return this;
  }

  /** Memory and swap together, in bytes; -1 is unlimited. */
  setMemorySwap(bytes: i64): this {
    this.limits().memorySwap = bytes;
    return this;
  }

  setCpuShares(shares: i64): this {
    this.limits().cpuShares = shares;
    return this;
  }

  /** CPU time per period, both in microseconds: 150000 of 100000 are one and a half CPUs. */
  setCpuQuota(quota: i64, period: i64 = 100_000): this {
    this.limits().cpuQuota = quota;
    this.limits().cpuPeriod = period;
    return this;
  }

  /** CPUs to run on, such as `0-3,7`. */
  setCpus(cpus: string): this {
    this.limits().cpus = cpus;
    return this;
  }

  setPidsLimit(limit: i64): this {
    this.limits().pidsLimit = limit;
    return this;
  }

  /** @param type - such as RLIMIT_NOFILE. @param soft - -1 is unlimited. @param hard - the same as `soft` when left out. */
  addRlimit(type: string, soft: i64, hard: i64 = i64.MIN_VALUE): this {
    return this.rlimit("add", type, soft, hard);
  }

  setRlimit(type: string, soft: i64, hard: i64 = i64.MIN_VALUE): this {
    return this.rlimit("replace", type, soft, hard);
  }

  removeRlimit(type: string): this {
    return this.rlimit("remove", type, 0, 0);
  }

  /** A device of the host under the same path; for other devices push a `DeviceAdjustment` to `edits().devices`. */
  addDevice(path: string): this {
    return this.device("add", path);
  }

  removeDevice(path: string): this {
    return this.device("remove", path);
  }

  /** A program of the host that the engine runs at `stage`, such as `createRuntime`. `args[0]` is its own name. */
  addOciHook(stage: string, path: string, args: string[] = [], env: string[] = []): this {
    const hook = new OciHookAdjustment();
    hook.action = "add";
    hook.stage = stage;
    hook.path = path;
    hook.args = args;
    hook.env = env;
    this.edits().ociHooks.push(hook);
    return this;
  }

  removeOciHook(stage: string, path: string): this {
    const hook = new OciHookAdjustment();
    hook.action = "remove";
    hook.stage = stage;
    hook.path = path;
    this.edits().ociHooks.push(hook);
    return this;
  }

  /** One operation of RFC 6902 on the OCI config, applied after all other edits: for what they cannot say. */
  addPatch(op: string, path: string, value: Value = Value.missing()): this {
    const operation = new PatchOperation();
    operation.op = op;
    operation.path = path;
    operation.value = value;
    this.patch.push(operation);
    return this;
  }

  /** Do not start the container. */
  setVeto(reason: string): this {
    this.veto = reason;
    return this;
  }

  /** What this plugin's later hooks of the same run get as `request.state`. Takes what `Value.from` takes. */
  setState<T>(state: T): this {
    this.state = Value.from<T>(state);
    return this;
  }

  /** All edits so far, for what has no method here. */
  edits(): Adjustments {
    let edits = this.adjustments;
    if (edits === null) this.adjustments = edits = new Adjustments();
    return edits;
  }

  private limits(): ResourceAdjustment {
    const edits = this.edits();
    let resources = edits.resources;
    if (resources === null) edits.resources = resources = new ResourceAdjustment();
    return resources;
  }

  private mount(action: string, source: string | null, destination: string, options: string[], type: string | null): this {
    const mount = new MountAdjustment();
    mount.action = action;
    mount.destination = destination;
    mount.source = source;
    mount.type = type;
    mount.options = options;
    this.edits().mounts.push(mount);
    return this;
  }

  private env(action: string, name: string, value: string | null): this {
    const env = new EnvAdjustment();
    env.action = action;
    env.name = name;
    env.value = value;
    this.edits().env.push(env);
    return this;
  }

  private annotation(action: string, name: string, value: string | null): this {
    const annotation = new AnnotationAdjustment();
    annotation.action = action;
    annotation.name = name;
    annotation.value = value;
    this.edits().annotations.push(annotation);
    return this;
  }

  private namespace(action: string, type: string, path: string | null): this {
    const namespace = new NamespaceAdjustment();
    namespace.action = action;
    namespace.type = type;
    namespace.path = path;
    this.edits().namespaces.push(namespace);
    return this;
  }

  private rlimit(action: string, type: string, soft: i64, hard: i64): this {
    const rlimit = new RlimitAdjustment();
    rlimit.action = action;
    rlimit.type = type;
    rlimit.soft = soft;
    rlimit.hard = hard == i64.MIN_VALUE ? soft : hard;
    this.edits().rlimits.push(rlimit);
    return this;
  }

  private device(action: string, path: string): this {
    const device = new DeviceAdjustment();
    device.action = action;
    device.path = path;
    this.edits().devices.push(device);
    return this;
  }
}
