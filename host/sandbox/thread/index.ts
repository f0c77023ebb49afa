export { startThreadInstance } from './thread-instance.js';
