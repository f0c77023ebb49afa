const TICK_MS = 1;

/** Watch this thread's event loop. @returns a function that stops it and answers with the longest time between two turns, in nanoseconds. */
export function watchPauses(): () => number {
  let last = process.hrtime.bigint();
  let longest = 0n;
  function look(): void {
    const now = process.hrtime.bigint();
    if (now - last > longest) {
      longest = now - last;
    }
    last = now;
  }
  const timer = setInterval(look, TICK_MS);
  return () => {
    clearInterval(timer);
    // A loop that never turned has had one long pause.
    look();
    return Number(longest);
  };
}
