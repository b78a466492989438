/** The sizes of listed tables as this isolate last read them: a hint for the choice of a statement, independent of its result. */
export interface TableSizes {
  /** Returns whether all tables are so small that a scan is cheaper than a probe of several plans. */
  areSmall(): boolean;
  /** Returns whether the sizes should be read again. */
  isDue(): boolean;
  /** Records the number of rows of the largest table. */
  note(rows: number): void;
}

const smallTableRows = 20_000;
const readAgainMs = 30_000;

/** Returns sizes that have not been read. */
export function tableSizes(now: () => number = Date.now): TableSizes {
  let rows = Number.POSITIVE_INFINITY;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    areSmall: () => rows <= smallTableRows,
    isDue: () => now() - lookedAt >= readAgainMs,
    note(seen) {
      rows = seen;
      lookedAt = now();
    },
  };
}

/** Sizes that are never read: every list probes its plans. */
export const unknownSizes: TableSizes = { areSmall: () => false, isDue: () => false, note: () => undefined };
