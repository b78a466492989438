import { TemplateError } from "./template-error.ts";

/**
 * What templates may cost, in units: one for each character, item or digit that an operation reads or makes, ten for each step of
 * the renderer (about 10 ns a unit). What is over it fails as any other error of a template does.
 */
export const templateBounds = {
  /** All templates of one rendering, or of all parameters of one request, together. */
  work: 10_000_000,
  /** The longest text, in characters. */
  text: 1_000_000,
  /** The longest list. */
  items: 1_000_000,
  /** The longest whole number in bits; as in Python, one of more than 4,300 digits is neither read nor written. */
  bits: 100_000,
  digits: 4300,
} as const;

/** What a step of the renderer, a call of a filter or a test costs by itself. */
export const unitsOfStep = 10;

// Rendering has no await, so templates cannot interleave: the one that renders owns the meter.
let left: number | null = null;

/** Runs something whose templates share one budget; within it, further calls share the same. */
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
  // Written so that NaN counts as spent.
  if (!(left >= 0)) throw new TemplateError("RuntimeError", "the template takes too many steps");
}

/** Charges a text that is about to be made; throws OverflowError for one that is too long. */
export function chargeText(length: number): void {
  if (!(length <= templateBounds.text)) throw new TemplateError("OverflowError", "the result is too large");
  charge(length);
}

/** Charges a list that is about to be made; throws OverflowError for one that is too long. */
export function chargeItems(length: number): void {
  if (!(length <= templateBounds.items)) throw new TemplateError("OverflowError", "the result is too large");
  charge(length);
}

/** Charges an operation on whole numbers whose time grows with the square of their length; small ones are free. */
export function chargeBits(...values: readonly bigint[]): void {
  const words = values.reduce((sum, value) => sum + (BigInt.asIntN(64, value) === value ? 0 : value.toString(16).length / 16), 0);
  if (words * 64 > templateBounds.bits * 2) throw new TemplateError("OverflowError", "the result is too large");
  if (words > 0) charge(words + (words * words) / 32);
}
