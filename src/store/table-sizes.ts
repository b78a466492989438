/** How large the tables are that lists go through, as this isolate last saw it: a hint which statement suits, never an answer. */
export interface TableSizes {
  /** Tells whether each of them has so few rows that it costs less to go through them than to try out ways to them. */
  areSmall(): boolean;
  /** Tells whether it is time to look again. */
  isDue(): boolean;
  /** Notes how many rows the largest has. */
  note(rows: number): void;
}

const mostOfSmall = 20_000;
const lookAgainMs = 30_000;

/** Returns sizes that are not known yet. */
export function tableSizes(now: () => number = Date.now): TableSizes {
  let rows = Number.POSITIVE_INFINITY;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    areSmall: () => rows <= mostOfSmall,
    isDue: () => now() - lookedAt >= lookAgainMs,
    note(seen) {
      rows = seen;
      lookedAt = now();
    },
  };
}

/** Sizes that nobody looks at: every list tries out its ways. */
export const unknownSizes: TableSizes = { areSmall: () => false, isDue: () => false, note: () => undefined };
