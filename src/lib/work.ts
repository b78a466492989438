/**
 * What validations against JSON schemas may cost, in units: one for each character, member, comparison or keyword that is looked at
 * (about 10 ns a unit). A schema that takes more is refused as one that leads in circles, in the API's words.
 */
export const schemaBounds = {
  /** All validations of one request together. */
  work: 20_000_000,
  /** The longest pattern, in characters; a longer one is no regular expression. */
  pattern: 5000,
  /** Steps that a pattern which only backtracking can match (lookaround, back references) may take by its form. */
  backtracking: 5_000_000,
} as const;

/** Thrown when a validation is too much work; `validate.ts` turns it into a value. */
export class TooMuchWork extends Error {}

// Validation has no await, so two of them cannot interleave: the one that runs owns the budget.
let left: number | null = null;

/** Takes units from the budget of the validation that runs; throws TooMuchWork when it is spent. */
export function chargeWork(units: number): void {
  if (left === null) return;
  left -= units;
  // Written so that NaN counts as spent.
  if (!(left >= 0)) throw new TooMuchWork();
}

/** Runs validations that share one budget; within it, further calls share the same. */
export function boundedWork<Result>(run: () => Result): Result {
  if (left !== null) return run();
  left = schemaBounds.work;
  try {
    return run();
  } finally {
    left = null;
  }
}

/** Runs something that is bounded by itself, whatever is left of the budget. */
export function outsideOfWork<Result>(run: () => Result): Result {
  const kept = left;
  left = null;
  try {
    return run();
  } finally {
    left = kept;
  }
}
