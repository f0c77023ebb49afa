export { describeCaller, describeFrames, frameDetails, isOutOfMemory } from './describe-frames.js';
export { explainTrap } from './explain-trap.js';
export type { Frame } from './frame.js';
export { moduleName } from './module-name.js';
export type { ModulePositions } from './module-positions.js';
export { modulePositions } from './module-positions.js';
export type { StoppingPoints } from './stopping-points.js';
export { readStoppingPoints } from './stopping-points.js';
