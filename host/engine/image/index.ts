export { openImage, previewImage } from './open-image.js';
export type { ImageAccess, ImageDefaults, ImageKind, OpenImage, OpenImageOptions } from './types.js';
