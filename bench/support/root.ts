import { fileURLToPath } from 'node:url';

/** The repository, with a slash at the end. The bundles stand in build/bench/, as deep as the sources. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
