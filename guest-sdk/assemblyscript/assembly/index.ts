// What plugin authors import from "@wasm-plugin/assemblyscript".
export { answerAddress } from "./answer-area";
export { CapabilityError, lastError, takeAnswer } from "./capability";
export { clock } from "./clock";
export { CommandResponse } from "./command-response";
export { EngineConfigResponse } from "./engine-config-response";
export { env } from "./env";
export { fail } from "./failure";
export { FileStat, fs } from "./fs";
export { http, HttpRequest, HttpResponse } from "./http";
export { image } from "./image";
export { ImageDriverResponse } from "./image-driver-response";
export { kv } from "./kv";
export { log } from "./log";
export {
  Adjustments,
  AnnotationAdjustment,
  CommandRequest,
  ContainerStats,
  Context,
  DeviceAdjustment,
  EngineConfigRequest,
  EngineInfo,
  EnvAdjustment,
  HostUser,
  HttpHeader,
  IdMapping,
  IdRange,
  ImageConfig,
  ImageDriverRequest,
  LifecycleRequest,
  LifecycleResponse,
  MonitorContainerRequest,
  MountAdjustment,
  NamespaceAdjustment,
  OciHookAdjustment,
  PatchOperation,
  PostStartProcessRequest,
  ResourceAdjustment,
  RlimitAdjustment,
  RunRequest,
  UserAdjustment,
  UserMappingRequest,
} from "./messages.generated";
export { MonitorContainerResponse } from "./monitor-container-response";
export { PostStartProcessResponse } from "./post-start-process-response";
export { random } from "./random";
export { Reader } from "./reader";
export { EntryMeta, rootfs } from "./rootfs";
export { UserMappingResponse } from "./user-mapping-response";
export { textOf, utf8 } from "./utf8";
export { Value, ValueKind } from "./value";
export { Writer } from "./writer";
