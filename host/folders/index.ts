export { makeFolders } from './make-folders.js';
