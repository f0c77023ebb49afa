/** Parts of a versioned interface id such as `wasi:io/streams@0.2.12`. */
export interface InterfaceId {
  /** Without the version: `wasi:io/streams`. */
  readonly name: string;
  readonly namespace: string;
  readonly version: string | undefined;
  readonly major: number;
}

// Each word of a label is lower or upper case, only the first must start with a letter; namespaces and packages are lower case.
// A word of digits alone is a case of its own: were it part of both others, each one would double the ways to read a name.
const LABEL = '(?:[a-z][0-9a-z]*|[A-Z][0-9A-Z]*)(?:-(?:[0-9]+|[0-9]*[a-z][0-9a-z]*|[0-9]*[A-Z][0-9A-Z]*))*';
const LOWER_LABEL = '[a-z][0-9a-z]*(?:-[0-9a-z]+)*';
const NUMBER = '0|[1-9][0-9]{0,8}';
const ID = new RegExp(
  `^((?<namespace>${LOWER_LABEL}):${LOWER_LABEL}/${LABEL})` +
    `(?:@(?<version>(?<major>${NUMBER})\\.(?:${NUMBER})\\.(?:${NUMBER})(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?))?$`,
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
  };
}
