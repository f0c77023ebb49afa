/** One memory or table that an instance will have. */
export interface Demand {
  readonly minimum: number;
  readonly maximum: number | undefined;
  /** Serves the hooks, so that most of the room is for it. */
  readonly favoured: boolean;
}

/** Share of the spare room for what is favoured; a component's helper modules hardly ever grow. */
const FAVOURED_SHARE = 7 / 8;

/**
 * Divide a limit among several memories or tables, so that all of them grown to the full stay inside it.
 *
 * `memory.grow` runs inside the guest, where nobody counts; only maxima that add up to the limit bound a component that has
 * several memories. What one does not want (its own maximum is lower) goes to the others.
 *
 * @returns a maximum for each demand, in order, or undefined if the minima alone exceed `limit`.
 */
export function allot(demands: readonly Demand[], limit: number): readonly number[] | undefined {
  const maxima = demands.map((demand) => demand.minimum);
  let spare = limit - maxima.reduce((sum, minimum) => sum + minimum, 0);
  if (spare < 0) {
    return undefined;
  }
  const favoured = demands.flatMap((demand, i) => (demand.favoured ? [i] : []));
  const others = demands.flatMap((demand, i) => (demand.favoured ? [] : [i]));
  if (favoured.length > 0 && others.length > 0) {
    spare -= share(demands, maxima, others, Math.floor(spare * (1 - FAVOURED_SHARE)));
  }
  spare -= share(demands, maxima, favoured, spare);
  share(demands, maxima, others, spare);
  return maxima;
}

/** Hand out `room` evenly, the least wanting first. @returns how much was taken. */
function share(demands: readonly Demand[], maxima: number[], members: readonly number[], room: number): number {
  const wants = (i: number): number => (demands[i]!.maximum ?? Number.POSITIVE_INFINITY) - maxima[i]!;
  const order = [...members].sort((a, b) => wants(a) - wants(b));
  let left = room;
  order.forEach((i, position) => {
    const part = Math.max(0, Math.min(wants(i), Math.floor(left / (order.length - position))));
    maxima[i] = maxima[i]! + part;
    left -= part;
  });
  return room - left;
}
