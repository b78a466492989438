import { customType } from "drizzle-orm/sqlite-core";
import type { Json } from "../../lib/json.ts";
import { parseJson, stringifyJson } from "../../lib/json.ts";

/** A point in time or a duration in whole microseconds. */
export const micros = customType<{ data: number; driverData: number }>({ dataType: () => "integer" });

/** A boolean kept as 0 or 1. */
export const flag = customType<{ data: boolean; driverData: number }>({
  dataType: () => "integer",
  toDriver: (value) => (value ? 1 : 0),
  fromDriver: (value) => value !== 0,
});

const jsonColumn = customType<{ data: unknown; driverData: string }>({
  dataType: () => "text",
  toDriver: stringifyJson,
  fromDriver: parseJson,
});

/** A JSON document stored as text; integers beyond 2^53 and floats without a fraction are exact (see lib/exact-json). */
export const json = <T = Json>(name: string) => jsonColumn(name).$type<T>();
