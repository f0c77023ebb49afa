export { openLayout, previewLayout } from './open-layout.js';
