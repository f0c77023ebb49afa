export { readConfigDefaults } from './config-defaults.js';
export { openLayout, previewLayout } from './open-layout.js';
