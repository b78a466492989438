/**
 * The work budget of validations against JSON schemas, in units: one per examined character, member, comparison or keyword (about
 * 10 ns a unit). A schema that exceeds it is refused with the API's message for circular references.
 */
export const schemaBounds = {
  /** For all validations of one request. */
  work: 20_000_000,
  /** The longest pattern, in characters; a longer one counts as an invalid regular expression. */
  pattern: 5000,
  /**
   * The maximum steps of a pattern that only a backtracking engine can match (lookaround, back references), estimated from its
   * form.
   */
  backtracking: 5_000_000,
} as const;

/** Thrown when a validation exceeds its budget; `validate.ts` returns it as a value. */
export class TooMuchWork extends Error {}

// Validation is synchronous, so two validations cannot interleave: one budget at a time.
let left: number | null = null;

/** Takes units from the current budget; throws TooMuchWork when it is spent. */
export function chargeWork(units: number): void {
  if (left === null) return;
  left -= units;
  // The negated comparison also counts NaN as spent.
  if (!(left >= 0)) throw new TooMuchWork();
}

/** Runs validations that share one budget; nested calls share the outer one. */
export function boundedWork<Result>(run: () => Result): Result {
  if (left !== null) return run();
  left = schemaBounds.work;
  try {
    return run();
  } finally {
    left = null;
  }
}

/** Runs a function with bounds of its own outside of the current budget. */
export function outsideOfWork<Result>(run: () => Result): Result {
  const kept = left;
  left = null;
  try {
    return run();
  } finally {
    left = kept;
  }
}
