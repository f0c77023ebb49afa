// The answer to `user-mapping`.
import { IdMapping, UserMappingResponseBase } from "./messages.generated";

export class UserMappingResponse extends UserMappingResponseBase {
  /** Map `size` ids from `containerId` on inside to those from `hostId` on outside. */
  map(containerId: i64, hostId: i64, size: i64): this {
    const mapping = new IdMapping();
    mapping.containerId = containerId;
    mapping.hostId = hostId;
    mapping.size = size;
    this.mappings.push(mapping);
    return this;
  }
}
