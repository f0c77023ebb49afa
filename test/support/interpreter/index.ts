export { Machine, type MachineOptions } from './machine.js';
export { type DecodedModule, decodeModule } from './module.js';
export { Exception, type HostFunction, OutOfSteps, Tally, Trap, type Value } from './values.js';
