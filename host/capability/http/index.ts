export type { HttpSources } from './http.js';
export { httpCapability } from './http.js';
