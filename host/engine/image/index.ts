export { absoluteImageName } from './name.js';
export { openImage, previewImage } from './open-image.js';
export type { ImageWayFacts } from './probe-ways.js';
export { probeImageWays } from './probe-ways.js';
export type { ImageAccess, ImageDefaults, ImageKind, OpenImage, OpenImageOptions } from './types.js';
