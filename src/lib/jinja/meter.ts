import { TemplateError } from "./template-error.ts";

/**
 * The work budget of templates, in units: one for each character, item or digit that an operation reads or writes, ten for each
 * step of the renderer (about 10 ns a unit). Above it, rendering fails as with any other error of a template.
 */
export const templateBounds = {
  /** For all templates of one rendering, or of all parameters of one request. */
  work: 10_000_000,
  /** The longest text, in characters. */
  text: 1_000_000,
  /** The longest list. */
  items: 1_000_000,
  /** The longest integer in bits; as in Python, one of more than 4,300 digits is neither read nor written. */
  bits: 100_000,
  digits: 4300,
} as const;

/** The cost of a step of the renderer or a call of a filter or test, without its operation. */
export const unitsOfStep = 10;

// Rendering is synchronous, so templates cannot interleave: one budget at a time.
let left: number | null = null;

/** Runs a function whose templates share one budget; nested calls share the outer one. */
export function metered<Result>(run: () => Result): Result {
  if (left !== null) return run();
  left = templateBounds.work;
  try {
    return run();
  } finally {
    left = null;
  }
}

/** Takes units from the budget; throws TemplateError when it is spent. */
export function charge(units: number): void {
  if (left === null) return;
  left -= units;
  // The negated comparison also counts NaN as spent.
  if (!(left >= 0)) throw new TemplateError("RuntimeError", "the template takes too many steps");
}

/** Charges a text before it is built; throws OverflowError for one that is too long. */
export function chargeText(length: number): void {
  if (!(length <= templateBounds.text)) throw new TemplateError("OverflowError", "the result is too large");
  charge(length);
}

/** Charges a list before it is built; throws OverflowError for one that is too long. */
export function chargeItems(length: number): void {
  if (!(length <= templateBounds.items)) throw new TemplateError("OverflowError", "the result is too large");
  charge(length);
}

/** Charges an operation on integers whose time is quadratic in their length; small ones are free. */
export function chargeBits(...values: readonly bigint[]): void {
  const words = values.reduce((sum, value) => sum + (BigInt.asIntN(64, value) === value ? 0 : value.toString(16).length / 16), 0);
  if (words * 64 > templateBounds.bits * 2) throw new TemplateError("OverflowError", "the result is too large");
  if (words > 0) charge(words + (words * words) / 32);
}
