/**
 * Steps that searches for dates may take: one for each day, period or time that is looked at (about 0.1 µs each). Whatever a
 * schedule says, a search ends where its steps are spent; what it found until then counts.
 */
export const effortOf = {
  /** One search: every second of three days and those that are excluded of it, or half a million dates that COUNT counts. */
  search: 1_500_000,
  /** All schedules of one request, or of one batch of a tick, together; also bounds the runs that are made at once (50 steps each). */
  together: 3_000_000,
} as const;

/** What is left of a number of steps; those of a part are taken from the whole as well. */
export class Effort {
  #left: number;
  readonly #whole: Effort | null;

  constructor(steps: number, whole: Effort | null = null) {
    this.#left = steps;
    this.#whole = whole;
  }

  /** Takes steps away. Returns false once there are none left. */
  spend(steps: number): boolean {
    this.#left -= steps;
    const ofWhole = this.#whole?.spend(steps) ?? true;
    // Written so that NaN counts as spent.
    return ofWhole && this.#left >= 0;
  }

  /** Tells whether more was asked for than there was. */
  get isSpent(): boolean {
    return !(this.#left >= 0) || (this.#whole?.isSpent ?? false);
  }
}
