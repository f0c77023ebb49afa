/** Parts of a versioned interface id such as `wasi:io/streams@0.2.12`. */
export interface InterfaceId {
  /** Without the version: `wasi:io/streams`. */
  readonly name: string;
  readonly namespace: string;
  readonly version: string | undefined;
  readonly major: number;
  readonly minor: number;
}

// Words of a label are all lower or all upper case; namespaces and packages are lower case throughout.
const LABEL = '(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(?:-(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*))*';
const LOWER_LABEL = '[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*';
const NUMBER = '0|[1-9][0-9]{0,8}';
const ID = new RegExp(
  `^((?<namespace>${LOWER_LABEL}):${LOWER_LABEL}/${LABEL})` +
    `(?:@(?<version>(?<major>${NUMBER})\\.(?<minor>${NUMBER})\\.(?:${NUMBER})(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?))?$`,
);

/**
 * Take an interface id apart.
 *
 * @returns undefined for anything else, such as a plain function name. Grammar: Component Model, Explainer.md,
 *   "Import and Export Definitions", `interfacename`; one namespace, one package, one interface.
 */
export function parseInterfaceId(text: string): InterfaceId | undefined {
  const match = ID.exec(text);
  const groups = match?.groups;
  if (match === null || groups === undefined) {
    return undefined;
  }
  return {
    name: match[1]!,
    namespace: groups.namespace!,
    version: groups.version,
    major: Number(groups.major ?? 0),
    minor: Number(groups.minor ?? 0),
  };
}
