export { openArchive } from './archive.js';
export { readConfigDefaults } from './config-defaults.js';
export { folderFiles } from './files.js';
export type { LayeredSource } from './open-layout.js';
export { openLayout, previewLayout } from './open-layout.js';
