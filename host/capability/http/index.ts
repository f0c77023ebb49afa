export type { HttpSources } from './http.js';
export { httpCapability, MAX_BODY_BYTES, MAX_TIMEOUT_MS } from './http.js';
