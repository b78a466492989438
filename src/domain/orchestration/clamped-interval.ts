// The lower bound cuts off as much probability below the median as the upper bound does above it.
const lowerMultiple = (upper: number): number => (upper >= 50 ? 0 : Math.log2(Math.max(2 ** upper / (2 ** upper - 1), 1e-10)));

const distribution = (multiple: number): number => 1 - Math.exp(-multiple);

/**
 * Returns a random waiting time: exponentially distributed around `average`, below average × (1 + factor), with a lower bound
 * that keeps the mean about the same (`prefect/utilities/math.py clamped_poisson_interval`). `chance` is from 0 up to 1; an
 * average of 0 gives 0.
 */
export function clampedInterval(average: number, chance: number, factor = 0.3): number {
  if (average <= 0) return 0;
  const upper = distribution(1 + factor);
  const lower = distribution(lowerMultiple(1 + factor));
  return -Math.log(Math.max(1 - (lower + (upper - lower) * chance), 1e-10)) * average;
}
