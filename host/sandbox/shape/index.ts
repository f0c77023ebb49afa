export { admitShape } from './admit-shape.js';
export { checkCompileWork } from './compile-work.js';
