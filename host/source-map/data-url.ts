/** Source maps inside of modules, as `data:` URLs: RFC 2397. */

const MEDIA_TYPE = 'application/json';
const DATA_URL = /^data:application\/json(?:;charset=utf-8)?(;base64)?,/i;

/** Percent-encoded: mappings are almost all of a map and consist of characters that need no encoding; base64 adds a third. */
export function toDataUrl(json: string): string {
  return `data:${MEDIA_TYPE},${encodeURI(json).replaceAll('#', '%23')}`;
}

/** @returns undefined for any other URL: whatever a plugin names, nothing is fetched. */
export function fromDataUrl(url: string): string | undefined {
  const prefix = DATA_URL.exec(url);
  if (prefix === null) {
    return undefined;
  }
  const data = url.slice(prefix[0].length);
  if (prefix[1] !== undefined) {
    return Buffer.from(data, 'base64').toString('utf8');
  }
  try {
    return decodeURIComponent(data);
  } catch {
    return undefined;
  }
}
