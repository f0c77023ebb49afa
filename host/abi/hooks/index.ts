import { command } from './command.js';
import { engineConfig } from './engine-config.js';
import { lifecycle } from './lifecycle.js';
import { monitorContainer } from './monitor-container.js';
import { postStartProcess } from './post-start-process.js';

/** The hooks of `wasm-plugin:hook@1.0.0`, which a plugin exports. */
export const hooks = Object.freeze({ command, engineConfig, postStartProcess, monitorContainer, lifecycle });
