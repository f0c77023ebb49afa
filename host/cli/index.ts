export type { CliInput, CliIo, CliOutput, CliSignal, CliUser } from './io.js';
export { main } from './main.js';
