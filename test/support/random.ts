/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A whole number from 0, below a bound. */
  readonly below: (bound: number) => number;
  readonly chance: (probability: number) => boolean;
  /** One of a list that is not empty. */
  readonly one: <T>(list: readonly T[]) => T;
  /** At most so many of a list; the same one may come twice. */
  readonly some: <T>(list: readonly T[], most: number) => T[];
}

/** Returns the numbers of a seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  const one = <T>(list: readonly T[]): T => {
    const [chosen] = list.slice(below(list.length));
    if (chosen === undefined) throw new Error("nothing to choose from");
    return chosen;
  };
  const some = <T>(list: readonly T[], most: number) => Array.from({ length: below(most + 1) }, () => one(list));
  return { below, chance: (probability) => next() < probability, one, some };
}
