/** Returns some of many in an order of their own: the same ones each time. */
export function sample<T>(all: readonly T[], count: number): T[] {
  let seed = 20_301;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  return all
    .map((one) => ({ one, place: random() }))
    .sort((a, b) => a.place - b.place)
    .slice(0, count)
    .map(({ one }) => one);
}
