import type { LineSink } from './line-sink.js';
import type { ResourceTable } from './resource-table.js';
import type { WasiOptions } from './types.js';

/** What the functions of one component instance share. */
export interface WasiContext {
  readonly options: WasiOptions;
  readonly table: ResourceTable;
  readonly stdout: LineSink;
  readonly stderr: LineSink;
}
