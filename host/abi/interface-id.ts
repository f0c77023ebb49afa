/**
 * Interface ids of the Component Model: `namespace:package/name@major.minor.patch`.
 *
 * Hooks and capabilities are told apart by them, and their version decides whether two builds may talk.
 * Grammar: component-model design/mvp/Explainer.md, "Import and Export Definitions", lower-case labels only.
 */

/** The parts of an id. */
export interface InterfaceId {
  readonly namespace: string;
  readonly package: string;
  readonly name: string;
  readonly version: {
    readonly major: number;
    readonly minor: number;
    readonly patch: number;
    /** What follows the `-`, such as `rc.1`; empty for a release. */
    readonly prerelease: string;
  };
}

const MAX_LENGTH = 256;
const LABEL = '[a-z][a-z0-9]*(?:-[a-z0-9]+)*';
const NUMBER = '0|[1-9][0-9]{0,8}';
const ID = new RegExp(
  `^(${LABEL}):(${LABEL})/(${LABEL})@(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?$`,
);

/**
 * Take an id apart.
 *
 * @param id - may come from a plugin; any string is safe.
 * @returns undefined where it is not a full, versioned id.
 */
export function parseInterfaceId(id: string): InterfaceId | undefined {
  const match = id.length <= MAX_LENGTH ? ID.exec(id) : null;
  if (match === null) {
    return undefined;
  }
  const [, namespace = '', pkg = '', name = '', major, minor, patch, prerelease = ''] = match;
  return {
    namespace,
    package: pkg,
    name,
    version: { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease },
  };
}

/** The id without its version: `wasm-plugin:host/log`. Works on ids that have none too. */
export function interfaceName(id: string): string {
  const at = id.indexOf('@');
  return at === -1 ? id : id.slice(0, at);
}

/**
 * Whether two ids name the same interface at compatible versions.
 *
 * The same major version is compatible. Below 1.0.0 the minor version plays that part, as semver has it, and a
 * prerelease is compatible with nothing but itself. Ids that do not parse are compatible with nothing.
 */
export function sameMajor(left: string, right: string): boolean {
  const a = parseInterfaceId(left);
  const b = parseInterfaceId(right);
  if (a === undefined || b === undefined || interfaceName(left) !== interfaceName(right)) {
    return false;
  }
  if (a.version.prerelease !== '' || b.version.prerelease !== '') {
    return left === right;
  }
  return a.version.major === b.version.major && (a.version.major > 0 || a.version.minor === b.version.minor);
}
