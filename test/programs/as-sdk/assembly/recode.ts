// Decode a message and encode it again: the bytes must be those of the golden files.
import { fail } from "@wasm-plugin/assemblyscript";
import {
  ClockRequest,
  ClockResponse,
  CommandRequest,
  CommandResponseBase,
  EngineConfigRequest,
  EngineConfigResponseBase,
  EnvRequest,
  EnvResponse,
  ErrorMessage,
  FsRequest,
  FsResponse,
  HttpHeader,
  HttpRequestBase,
  HttpResponseBase,
  IdMapping,
  IdRange,
  ImageConfig,
  ImageDriverRequest,
  ImageDriverResponseBase,
  ImageRequest,
  ImageResponse,
  KvRequest,
  KvResponse,
  LifecycleRequest,
  LifecycleResponse,
  LogRequest,
  LogResponse,
  MonitorContainerRequest,
  MonitorContainerResponseBase,
  PostStartProcessRequest,
  PostStartProcessResponseBase,
  RandomRequest,
  RandomResponse,
  RootfsEntry,
  RootfsRequest,
  RootfsResponse,
  RunRequest,
  UserMappingRequest,
  UserMappingResponseBase,
} from "@wasm-plugin/assemblyscript/assembly/messages.generated";
import { Reader, textOf, Writer } from "@wasm-plugin/assemblyscript";

/** @param request - the length of the message's name in one byte, the name, the message. */
export function recodeMessage(request: Uint8Array): Uint8Array {
  const nameSize = <i32>request[0];
  const name = textOf(request.subarray(1, 1 + nameSize));
  const reader = Reader.of(request.subarray(1 + nameSize));
  const writer = new Writer();
  if (name == "ClockRequest") ClockRequest.decode(reader).encode(writer);
  else if (name == "ClockResponse") ClockResponse.decode(reader).encode(writer);
  else if (name == "CommandRequest") CommandRequest.decode(reader).encode(writer);
  else if (name == "CommandResponse") CommandResponseBase.decode(reader).encode(writer);
  else if (name == "EngineConfigRequest") EngineConfigRequest.decode(reader).encode(writer);
  else if (name == "EngineConfigResponse") EngineConfigResponseBase.decode(reader).encode(writer);
  else if (name == "EnvRequest") EnvRequest.decode(reader).encode(writer);
  else if (name == "EnvResponse") EnvResponse.decode(reader).encode(writer);
  else if (name == "ErrorMessage") ErrorMessage.decode(reader).encode(writer);
  else if (name == "FsRequest") FsRequest.decode(reader).encode(writer);
  else if (name == "FsResponse") FsResponse.decode(reader).encode(writer);
  else if (name == "HttpHeader") HttpHeader.decode(reader).encode(writer);
  else if (name == "HttpRequest") HttpRequestBase.decode(reader).encode(writer);
  else if (name == "HttpResponse") HttpResponseBase.decode(reader).encode(writer);
  else if (name == "IdMapping") IdMapping.decode(reader).encode(writer);
  else if (name == "IdRange") IdRange.decode(reader).encode(writer);
  else if (name == "ImageConfig") ImageConfig.decode(reader).encode(writer);
  else if (name == "ImageDriverRequest") ImageDriverRequest.decode(reader).encode(writer);
  else if (name == "ImageDriverResponse") ImageDriverResponseBase.decode(reader).encode(writer);
  else if (name == "ImageRequest") ImageRequest.decode(reader).encode(writer);
  else if (name == "ImageResponse") ImageResponse.decode(reader).encode(writer);
  else if (name == "KvRequest") KvRequest.decode(reader).encode(writer);
  else if (name == "KvResponse") KvResponse.decode(reader).encode(writer);
  else if (name == "LifecycleRequest") LifecycleRequest.decode(reader).encode(writer);
  else if (name == "LifecycleResponse") LifecycleResponse.decode(reader).encode(writer);
  else if (name == "LogRequest") LogRequest.decode(reader).encode(writer);
  else if (name == "LogResponse") LogResponse.decode(reader).encode(writer);
  else if (name == "MonitorContainerRequest") MonitorContainerRequest.decode(reader).encode(writer);
  else if (name == "MonitorContainerResponse") MonitorContainerResponseBase.decode(reader).encode(writer);
  else if (name == "PostStartProcessRequest") PostStartProcessRequest.decode(reader).encode(writer);
  else if (name == "PostStartProcessResponse") PostStartProcessResponseBase.decode(reader).encode(writer);
  else if (name == "RandomRequest") RandomRequest.decode(reader).encode(writer);
  else if (name == "RandomResponse") RandomResponse.decode(reader).encode(writer);
  else if (name == "RootfsEntry") RootfsEntry.decode(reader).encode(writer);
  else if (name == "RootfsRequest") RootfsRequest.decode(reader).encode(writer);
  else if (name == "RootfsResponse") RootfsResponse.decode(reader).encode(writer);
  else if (name == "RunRequest") RunRequest.decode(reader).encode(writer);
  else if (name == "UserMappingRequest") UserMappingRequest.decode(reader).encode(writer);
  else if (name == "UserMappingResponse") UserMappingResponseBase.decode(reader).encode(writer);
  else fail("unknown", "There is no message " + name);
  if (!reader.done) fail("malformed", "Cannot read the message");
  return writer.toBytes();
}
