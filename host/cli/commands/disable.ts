import { switchCommand } from './switch.js';

export const run = switchCommand(false);
