/** A number that an embedder may choose: its default and its bounds, both included. */
export interface NumberOption {
  readonly default: number | undefined;
  /** Where it is given, the number must be whole; where not, anything above 0 will do. */
  readonly least?: number;
  readonly most: number;
}

/** Every number of one options object, by key. */
export type NumberOptions<T> = { readonly [Key in keyof T]-?: NumberOption };
/** The same where it does not matter whose keys they are. */
export type NumberTable = Readonly<Record<string, NumberOption>>;

/** An object of numbers that an embedder gave, or what stands in its place. */
export interface NumberObject {
  readonly name: string;
  /** A key of it, in words. */
  readonly what: string;
  readonly given: unknown;
  readonly table: NumberTable;
  /** Keys that are no numbers. */
  readonly more?: readonly string[];
}

/** @returns every problem of it by itself; none where nothing is given. */
export function objectProblems({ name, what, given, table, more = [] }: NumberObject): string[] {
  if (given === undefined) {
    return [];
  }
  return typeof given === 'object' && given !== null
    ? [...unknownOptions(given, [...Object.keys(table), ...more], what), ...badNumbers(name, given, table)]
    : [`${name} must be an object, not ${String(given)}`];
}

/** @returns a problem for each key of `options` that is not in `known`. */
export function unknownOptions(options: object, known: readonly string[], what = 'option'): string[] {
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => `unknown ${what} ${JSON.stringify(key)} (known: ${known.join(', ')})`);
}

/** @returns a problem for each of `table` that `options` has and that is out of bounds. */
function badNumbers(name: string, options: object, table: NumberTable): string[] {
  return Object.entries(table).flatMap(([key, option]) => {
    const value: unknown = Object.hasOwn(options, key) ? options[key as never] : undefined;
    return value === undefined || isWithin(value, option)
      ? []
      : [`${name}.${key} must be ${describe(option)}, not ${String(value)}`];
  });
}

/** The value that counts: the first that is given, else the default. */
export function numberOf<T>(
  table: NumberOptions<T>,
  key: keyof T,
  ...given: readonly (Readonly<Partial<Record<keyof T, unknown>>> | undefined)[]
): number | undefined {
  const found = given.find((options) => options?.[key] !== undefined)?.[key];
  return (found as number | undefined) ?? table[key].default;
}

function isWithin(value: unknown, { least, most }: NumberOption): boolean {
  if (typeof value !== 'number') {
    return false;
  }
  return least === undefined
    ? value > 0 && value <= most
    : value === most || (Number.isSafeInteger(value) && value >= least && value <= most);
}

function describe({ least, most }: NumberOption): string {
  return least === undefined ? `a number above 0 and up to ${most}` : `a whole number from ${least} to ${most}`;
}
