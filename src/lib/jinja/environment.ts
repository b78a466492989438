import { isJsonObject, stringifyJson } from "../json.ts";
import { compareTexts } from "../python/index.ts";
import { getItem } from "./attributes.ts";
import { bind } from "./bind.ts";
import { order } from "./operators.ts";
import { type Arguments, isList, itemsOf, Tuple, toJson, type Value } from "./values.ts";

/** The environment of filters and tests. */
export type Environment = {
  /** Microseconds since the epoch. */
  now: number;
  random: () => number;
  filter: (name: string, value: Value, args: Arguments) => Value;
  test: (name: string, value: Value, args: Arguments) => boolean;
};

export type Filter = (value: Value, args: Arguments, env: Environment) => Value;

type Given = (Value | undefined)[];

/** Makes a filter of a function over named parameters. */
export const filter =
  (params: string, run: (value: Value, given: Given, env: Environment) => Value): Filter =>
  (value, args, env) =>
    run(value, bind("filter", params === "" ? [] : params.split(" "), args), env);

/** Returns a getter for paths such as `a.b.0`, as sort, map and groupby take them. */
export function attributeGetter(attribute: Value | undefined): (item: Value) => Value {
  if (attribute === undefined || attribute === null) return (item) => item;
  const parts =
    typeof attribute === "string" ? attribute.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)) : [attribute];
  return (item) => parts.reduce<Value>(getItem, item);
}

const foldCase = (value: Value): Value => (typeof value === "string" ? value.toLowerCase() : value);

/** Returns the sort key of an item. */
export function sortKey(attribute: Value | undefined, caseSensitive: Value | undefined): (item: Value) => Value {
  const get = attributeGetter(attribute);
  return caseSensitive === true ? get : (item) => foldCase(get(item));
}

/** Sorts a copy by a key, keeping the order of equals. */
export function sortBy(items: readonly Value[], key: (item: Value) => Value, reverse: boolean): Value[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((one, two) => (reverse ? order(two.key, one.key) : order(one.key, two.key)));
  return keyed.map(({ item }) => item);
}

function write(json: unknown, indent: string, step: string): string {
  if (typeof json === "number" && !Number.isFinite(json)) return Number.isNaN(json) ? "NaN" : json > 0 ? "Infinity" : "-Infinity";
  const inner = indent + step;
  const [open, comma, close] = step === "" ? ["", ", ", ""] : [`\n${inner}`, `,\n${inner}`, `\n${indent}`];
  if (Array.isArray(json))
    return json.length === 0 ? "[]" : `[${open}${json.map((each) => write(each, inner, step)).join(comma)}${close}]`;
  if (!isJsonObject(json)) return stringifyJson(json);
  const keys = Object.keys(json).sort(compareTexts);
  if (keys.length === 0) return "{}";
  return `{${open}${keys.map((key) => `${JSON.stringify(key)}: ${write(json[key], inner, step)}`).join(comma)}${close}}`;
}

const htmlUnsafe = /[<>&'\u0080-\uffff]/g;

/** Writes JSON as `tojson` does: sorted keys, ASCII, with the characters escaped that are special in HTML. */
export const writeJson = (value: Value, indent: string): string =>
  write(toJson(value), "", indent).replace(htmlUnsafe, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Returns a list in reverse order. */
export function reversed(value: Value): Value {
  if (typeof value === "string") return [...value].reverse().join("");
  if (isList(value) || value instanceof Tuple) return [...itemsOf(value)].reverse();
  return [...itemsOf(value)].reverse();
}
