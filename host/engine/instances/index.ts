export type { InstanceRecord, InstanceStatus } from './instance.js';
export { isLive, statusOf } from './instance.js';
export type { Instance } from './instances.js';
export { createInstance, findInstance, listInstances, removeInstance, updateInstance } from './instances.js';
export type { LogReader, LogWriter } from './log-file.js';
export { LOG_NAME, MAX_LOG_BYTES, openLogReader, openLogWriter } from './log-file.js';
