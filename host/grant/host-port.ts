/** Asked for when it is used: it takes longer to load than reading all grants (bench/container.ts). */
const net = (): typeof import('node:net') => process.getBuiltinModule('node:net');

const MAX_HOST_CHARS = 253;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** What a URL parser takes for an IPv4 address in some spelling: WHATWG URL, "ends in a number checker". */
const NUMBER = /^(\d+|0x[0-9a-f]*)$/;

/**
 * Parse `host:port`.
 *
 * One spelling per host: lower case, no final dot, IPv6 in brackets and shortest form. Names that a URL parser would read
 * as an address (`127.1`, `0x7f.0.0.1`) are refused, since a comparison of names would not see where they lead.
 *
 * @returns the parts, or what is wrong.
 */
export function parseHostPort(text: string): { host: string; port: number } | string {
  const colon = text.lastIndexOf(':');
  const digits = text.slice(colon + 1);
  if (colon === -1 || !/^[1-9]\d{0,4}$/.test(digits)) return 'it does not end in a port from 1 to 65535';
  const port = Number(digits);
  if (port > 65535) return 'it does not end in a port from 1 to 65535';
  const host = normalizeHost(text.slice(0, colon).toLowerCase());
  return host === undefined ? 'it needs a host name or address without wildcards' : { host, port };
}

function normalizeHost(host: string): string | undefined {
  if (host.startsWith('[') && host.endsWith(']')) {
    // No zone: it means something on one machine only.
    return net().isIPv6(host.slice(1, -1)) && !host.includes('%') ? new URL(`http://${host}/`).hostname : undefined;
  }
  if (net().isIPv4(host)) return host;
  const labels = host.split('.');
  if (host.length > MAX_HOST_CHARS || !labels.every((label) => LABEL.test(label))) return undefined;
  return NUMBER.test(labels.at(-1) ?? '') ? undefined : host;
}
