/** The host's own version, as in package.json (a test compares them); plugins see it in every request. */
export const HOST_VERSION = '0.1.0';
