import { covers, formatGrant, type Grant, parseGrant } from '../grant/index.js';

/**
 * What to do about a grant that a plugin lacks. One that its manifest does not request has no effect when it is granted, so there
 * only the author can help.
 *
 * @param needed - any of them is enough; the first is the one to recommend.
 * @param requests - of its manifest, as texts.
 */
export function grantHint(needed: readonly [Grant, ...Grant[]], requests: readonly string[]): string {
  const asked = requests.map(parseGrant);
  const wanted = needed.find((grant) => asked.some((request) => covers(request, grant)));
  return wanted === undefined
    ? `It does not ask for ${formatGrant(needed[0])}, so that cannot be granted: its author has to add it to "requests" in plugin.json.`
    : `If you want that, install the plugin again with --grant ${formatGrant(wanted)} and each grant that it has already.`;
}
