/**
 * The budget of searches for dates, in steps: one per examined day, period or time (about 0.1 µs each). A search ends when its
 * steps are spent; dates found until then are valid.
 */
export const effortOf = {
  /** One search: every second of three days with all of them excluded, or half a million dates of a COUNT. */
  search: 1_500_000,
  /** All schedules of one request, or of one batch of a tick; also bounds the runs that are created at once (50 steps each). */
  together: 3_000_000,
} as const;

/** A remaining number of steps; the steps of a part are also taken from the whole. */
export class Effort {
  #left: number;
  readonly #whole: Effort | null;

  constructor(steps: number, whole: Effort | null = null) {
    this.#left = steps;
    this.#whole = whole;
  }

  /** Takes steps; returns false when there are none left. */
  spend(steps: number): boolean {
    this.#left -= steps;
    const ofWhole = this.#whole?.spend(steps) ?? true;
    // The comparison counts NaN as spent.
    return ofWhole && this.#left >= 0;
  }

  /** Returns whether more steps were requested than available. */
  get isSpent(): boolean {
    return !(this.#left >= 0) || (this.#whole?.isSpent ?? false);
  }
}
