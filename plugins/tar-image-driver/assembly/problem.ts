// AssemblyScript cannot catch, so what goes wrong is a text that everybody on the way out leaves alone.

let text = "";

/** Note why the archive cannot be unpacked; the first reason stays. Returns false, for the caller to return. */
export function problem(why: string): bool {
  if (text.length == 0) text = why;
  return false;
}

/** Why, or "". */
export function problemText(): string {
  return text;
}

/** Forget it: the next archive is another one. */
export function noProblem(): void {
  text = "";
}
