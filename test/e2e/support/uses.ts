/** What was used, from when to when, in seconds. */
export type Use = [name: string, begin: number, end: number];

/** Returns how many of the uses went on at the same time at most. */
export function mostAtOnce(uses: readonly Use[]): number {
  const changes = uses.flatMap(([, begin, end]) => [
    { at: begin, by: 1 },
    { at: end, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return changes.reduce((most, { by }) => {
    now += by;
    return Math.max(most, now);
  }, 0);
}
