export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
export const named = <T>(count: number, make: (index: number) => [string, T]): Record<string, T> =>
  Object.fromEntries(many(count, make));
export const letters = (count: number): string => "a".repeat(count);

/** A schema for one property. */
export const x = (schema: object): object => ({ properties: { x: schema } });

/** A schema within a schema within a schema … */
export const nested = (depth: number, around: (inner: object) => object): object =>
  depth === 0 ? { type: "string" } : around(nested(depth - 1, around));

const upTo = (count: number): string => many(count, String).join(",");
export const everySecond = `BYHOUR=${upTo(24)};BYMINUTE=${upTo(60)};BYSECOND=${upTo(60)}`;
