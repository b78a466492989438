import { isJsonObject, type Json, type JsonObject, plainNumber } from "../../lib/json.ts";
import { fromSecondsDuration, type Micros, parseTime } from "../../lib/time.ts";
import { LocalError } from "../errors.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Reads the members of an object that another server sent; unknown members are ignored. */
export interface Fields {
  readonly from: JsonObject;
  id(name?: string): string;
  idOrNull(name: string): string | null;
  text(name: string, fallback?: string): string;
  textOrNull(name: string): string | null;
  flag(name: string, fallback: boolean): boolean;
  integer(name: string, fallback: number): number;
  integerOrNull(name: string): number | null;
  number(name: string, fallback: number): number;
  time(name: string): Micros;
  timeOrNull(name: string): Micros | null;
  /** A number of seconds as microseconds. */
  seconds(name: string): Micros;
  texts(name: string): string[];
  object(name: string): JsonObject;
  json(name: string, fallback?: Json): Json;
  /** The id and the times that all objects have. */
  stamps(): { readonly id: string; readonly created: Micros; readonly updated: Micros };
}

/** Reads single members; throws LocalError where one is not what the API says. */
function readers(item: JsonObject, what: string) {
  const wrong = (name: string): never => {
    throw new LocalError(`The source answered a ${what} whose member "${name}" is not as the API says.`);
  };
  const member = (name: string): Json => plainNumber(Object.hasOwn(item, name) ? item[name] : null) ?? null;
  return {
    wrong,
    member,
    idOrNull(name: string): string | null {
      const value = member(name);
      if (value === null) return null;
      return typeof value === "string" && uuid.test(value) ? value.toLowerCase() : wrong(name);
    },
    textOrNull(name: string): string | null {
      const value = member(name);
      return value === null || typeof value === "string" ? value : wrong(name);
    },
    numberOrNull(name: string): number | null {
      const value = member(name);
      return value === null || typeof value === "number" ? value : wrong(name);
    },
    timeOrNull(name: string): Micros | null {
      const value = member(name);
      if (value === null) return null;
      return (typeof value === "string" ? parseTime(value) : null) ?? wrong(name);
    },
  };
}

/** Returns the reader of one object; its functions throw LocalError where a member is not what the API says. */
export function fieldsOf(item: unknown, what: string): Fields {
  if (!isJsonObject(item)) throw new LocalError(`The source answered something that is no ${what}.`);
  const { wrong, member, idOrNull, textOrNull, numberOrNull, timeOrNull } = readers(item, what);
  const id = (name = "id"): string => idOrNull(name) ?? wrong(name);
  const time = (name: string): Micros => timeOrNull(name) ?? wrong(name);
  const integerOrNull = (name: string): number | null => {
    const value = numberOrNull(name);
    return value === null || Number.isInteger(value) ? value : wrong(name);
  };
  return {
    from: item,
    id,
    idOrNull,
    text: (name, fallback) => textOrNull(name) ?? fallback ?? wrong(name),
    textOrNull,
    flag: (name, fallback) => {
      const value = member(name) ?? fallback;
      return typeof value === "boolean" ? value : wrong(name);
    },
    integer: (name, fallback) => integerOrNull(name) ?? fallback,
    integerOrNull,
    number: (name, fallback) => numberOrNull(name) ?? fallback,
    time,
    timeOrNull,
    seconds: (name) => fromSecondsDuration(numberOrNull(name) ?? 0),
    texts: (name) => {
      const value = member(name) ?? [];
      return Array.isArray(value) ? value.map((one) => (typeof one === "string" ? one : wrong(name))) : wrong(name);
    },
    object: (name) => {
      const value = member(name) ?? {};
      return isJsonObject(value) ? value : wrong(name);
    },
    json: (name, fallback = null) => (Object.hasOwn(item, name) ? item[name] : null) ?? fallback,
    stamps: () => {
      const created = time("created");
      return { id: id(), created, updated: timeOrNull("updated") ?? created };
    },
  };
}
