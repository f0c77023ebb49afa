export { covers, effectiveGrants, missingGrants } from './covers.js';
export type { GrantGroup } from './describe.js';
export { groupGrants } from './describe.js';
export { formatGrant } from './format.js';
export { parseGrant } from './parse.js';
export { parsePointer } from './pointer.js';
export type { AdjustmentKey, Grant } from './types.js';
export { ADJUSTMENT_KEYS } from './types.js';
