export { covers, effectiveGrants, missingGrants } from './covers.js';
export type { GrantGroup } from './describe.js';
export { describeGrants, GRANT_LABEL_WIDTH, groupGrants } from './describe.js';
export { formatGrant } from './format.js';
export { parseGrant } from './parse.js';
export { isWithin, normalizePath } from './path.js';
export { formatPointer, parsePointer } from './pointer.js';
export type { AdjustmentKey, Grant } from './types.js';
export { ADJUSTMENT_KEYS } from './types.js';
