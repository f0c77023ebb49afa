import { command } from './command.js';
import { engineConfig } from './engine-config.js';
import { imageDriver } from './image-driver.js';
import { lifecycle } from './lifecycle.js';
import { monitorContainer } from './monitor-container.js';
import { postStartProcess } from './post-start-process.js';
import { userMapping } from './user-mapping.js';

/** The hooks of `wasm-plugin:hook@1.0.0`, which a plugin exports. */
export const hooks = Object.freeze({
  command,
  engineConfig,
  postStartProcess,
  monitorContainer,
  imageDriver,
  userMapping,
  lifecycle,
});
