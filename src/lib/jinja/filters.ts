import { textRepr } from "../python/index.ts";
import { attributeGetter, type Environment, type Filter, filter, reversed, sortBy, sortKey, writeJson } from "./environment.ts";
import { formatPercent } from "./format.ts";
import { joinTexts } from "./linear-text.ts";
import { chargeItems } from "./meter.ts";
import { binary, equals, integer, order, readNumber, refuseUndefined, roundFloat } from "./operators.ts";
import { TEXT_FILTERS } from "./text-filters.ts";
import {
  type Arguments,
  Dict,
  Float,
  isInteger,
  isList,
  isNumeric,
  isTruthy,
  itemsOf,
  reprOf,
  sizeOf,
  TemplateError,
  Tuple,
  textOf,
  toDouble,
  typeError,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

const count = (value: Value): number => {
  if (isNumeric(value) || value === null) throw typeError(`object of type '${typeName(value)}' has no len()`);
  return isSized(value) ? sizeOf(value) : itemsOf(value).length;
};

const isSized = (value: Value): boolean => isList(value) || value instanceof Tuple || value instanceof Dict;

const firstOf = (items: readonly Value[], word: string): Value => {
  const [first] = items;
  return first === undefined ? new Undefined(`No ${word} item, sequence was empty.`) : first;
};

const whole = (value: Value | undefined, fallback: number): number =>
  value !== undefined && isInteger(value) ? Number(value) : fallback;

function toInt(value: Value, fallback: Value, base: number): Value {
  refuseUndefined(value);
  if (typeof value === "string" && base !== 10) {
    const digits = value
      .trim()
      .toLowerCase()
      .replace(/^0[box]/, "");
    const read = Number.parseInt(digits, base);
    return Number.isNaN(read) ? fallback : read;
  }
  const read = readNumber(value);
  if (read === undefined) return fallback;
  if (!(read instanceof Float)) return read;
  return Number.isFinite(read.value) ? integer(BigInt(Math.trunc(read.value))) : fallback;
}

function toFloat(value: Value, fallback: Value): Value {
  refuseUndefined(value);
  const read = readNumber(value);
  return read === undefined ? fallback : new Float(toDouble(read));
}

function round(value: Value, digits: number, method: Value): Value {
  refuseUndefined(value);
  if (method !== "common" && method !== "ceil" && method !== "floor")
    throw new TemplateError("FilterArgumentError", "method must be common, ceil or floor");
  if (!isNumeric(value)) throw typeError(`type ${typeName(value)} doesn't define __round__ method`);
  if (method === "common") {
    const rounded = roundFloat(toDouble(value), digits);
    return !isInteger(value) ? new Float(rounded) : digits >= 0 ? value : rounded;
  }
  const scale = 10 ** digits;
  return new Float((method === "ceil" ? Math.ceil : Math.floor)(toDouble(value) * scale) / scale);
}

function pick(items: readonly Value[], wanted: 1 | -1, key: (item: Value) => Value): Value {
  if (items.length === 0) return new Undefined("No aggregated item, sequence was empty.");
  return items.reduce((best, item) => (order(key(item), key(best)) * wanted > 0 ? item : best));
}

function unique(items: readonly Value[], key: (item: Value) => Value): Value[] {
  const seen = new Dict();
  return items.filter((item) => {
    const id = key(item);
    if (seen.has(id)) return false;
    seen.set(id, true);
    return true;
  });
}

function groupBy(items: readonly Value[], key: (item: Value) => Value, get: (item: Value) => Value): Value[] {
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sortBy(items, key, false)) {
    const last = groups.at(-1);
    if (last !== undefined && equals(last.key, key(item))) last.items.push(item);
    else groups.push({ key: key(item), items: [item] });
  }
  return groups.map((group) => new Tuple([get(firstOf(group.items, "first")), group.items], ["grouper", "list"]));
}

function batches(items: readonly Value[], size: number, fill: Value): Value[] {
  if (fill !== null) chargeItems(size);
  const rows: Value[][] = [];
  for (let at = 0; at < items.length && size > 0; at += size) rows.push(items.slice(at, at + size));
  const last = rows.at(-1);
  if (last !== undefined && fill !== null) while (last.length < size) last.push(fill);
  return rows;
}

function columns(items: readonly Value[], slices: number, fill: Value): Value[] {
  if (slices < 1) throw new TemplateError("ZeroDivisionError", "integer division or modulo by zero");
  const size = Math.floor(items.length / slices);
  const longer = items.length % slices;
  return Array.from({ length: Math.min(slices, 10_000) }, (_, index) => {
    const start = index * size + Math.min(index, longer);
    const column = items.slice(start, start + size + (index < longer ? 1 : 0));
    return fill !== null && index >= longer ? [...column, fill] : column;
  });
}

/** `map`: an attribute of each item, or a filter over each. */
function map(value: Value, { positional, named }: Arguments, env: Environment): Value {
  const attribute = named.get("attribute");
  if (attribute !== undefined) {
    const get = attributeGetter(attribute);
    const fallback = named.get("default");
    return itemsOf(value).map((item) => {
      const found = get(item);
      return found instanceof Undefined && fallback !== undefined ? fallback : found;
    });
  }
  const [name, ...rest] = positional;
  if (typeof name !== "string") throw new TemplateError("FilterArgumentError", "map requires a filter argument");
  return itemsOf(value).map((item) => env.filter(name, item, { positional: rest, named }));
}

/** `select`, `reject` and their variants: the items for which a test has the wanted result. */
function choose(wanted: boolean, byAttribute: boolean): Filter {
  return (value, { positional, named }, env) => {
    const [attribute, ...others] = byAttribute ? positional : [null, ...positional];
    if (attribute === undefined) throw new TemplateError("FilterArgumentError", "Missing parameter for attribute name");
    const get = attributeGetter(attribute);
    const [name, ...rest] = others;
    const holds = (item: Value) =>
      name === undefined ? isTruthy(item) : env.test(textOf(name), item, { positional: rest, named });
    return itemsOf(value).filter((item) => holds(get(item)) === wanted);
  };
}

function dictSort(value: Value, byValue: boolean, caseSensitive: Value | undefined, reverse: boolean): Value {
  if (!(value instanceof Dict)) throw new TemplateError("AttributeError", `'${typeName(value)}' object has no attribute 'items'`);
  const pairs = value.entries().map((entry) => new Tuple(entry));
  return sortBy(pairs, sortKey(byValue ? 1 : 0, caseSensitive), reverse);
}

function items(value: Value): Value {
  if (value instanceof Undefined) return [];
  if (!(value instanceof Dict)) throw typeError("Can only get item pairs from a mapping.");
  return value.entries().map((entry) => new Tuple(entry));
}

const fallback = filter("default_value boolean", (value, [by = "", boolean = false]) =>
  value instanceof Undefined || (isTruthy(boolean) && !isTruthy(value)) ? by : value,
);
const length = filter("", count);

/** The filters of Jinja, except wordwrap, urlize and xmlattr. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...TEXT_FILTERS,
  ["abs", filter("", (value) => (isNumeric(value) && toDouble(value) < 0 ? binary("*", value, -1) : binary("+", value, 0)))],
  ["attr", filter("name", (value, [name = ""]) => attributeGetter(name)(value))],
  ["batch", filter("linecount fill_with", (value, [size, fill = null]) => batches(itemsOf(value), whole(size, 1), fill))],
  ["count", length],
  ["length", length],
  ["d", fallback],
  ["default", fallback],
  [
    "dictsort",
    filter("case_sensitive by reverse", (value, [sensitive, by, reverse = false]) =>
      dictSort(value, by === "value", sensitive, isTruthy(reverse)),
    ),
  ],
  ["first", filter("", (value) => firstOf(itemsOf(value), "first"))],
  ["last", filter("", (value) => firstOf([...itemsOf(value)].reverse(), "last"))],
  [
    "random",
    filter("", (value, _given, env) => firstOf(itemsOf(value).slice(Math.floor(env.random() * count(value))), "random")),
  ],
  ["float", filter("default", (value, [by = new Float(0)]) => toFloat(value, by))],
  ["int", filter("default base", (value, [by = 0, base]) => toInt(value, by, whole(base, 10)))],
  ["round", filter("precision method", (value, [digits, method = "common"]) => round(value, whole(digits, 0), method))],
  [
    "format",
    (value, { positional, named }) => formatPercent(textOf(value), named.size > 0 ? dictOf(named) : new Tuple(positional)),
  ],
  [
    "groupby",
    filter("attribute default case_sensitive", (value, [attribute, , sensitive]) =>
      groupBy(itemsOf(value), sortKey(attribute, sensitive), attributeGetter(attribute)),
    ),
  ],
  ["items", filter("", items)],
  [
    "join",
    filter("d attribute", (value, [by = "", attribute]) =>
      joinTexts(itemsOf(value).map(attributeGetter(attribute)).map(textOf), textOf(by)),
    ),
  ],
  ["list", filter("", (value) => [...itemsOf(value)])],
  ["map", map],
  [
    "max",
    filter("case_sensitive attribute", (value, [sensitive, attribute]) => pick(itemsOf(value), 1, sortKey(attribute, sensitive))),
  ],
  [
    "min",
    filter("case_sensitive attribute", (value, [sensitive, attribute]) =>
      pick(itemsOf(value), -1, sortKey(attribute, sensitive)),
    ),
  ],
  ["pprint", filter("", reprOf)],
  ["select", choose(true, false)],
  ["reject", choose(false, false)],
  ["selectattr", choose(true, true)],
  ["rejectattr", choose(false, true)],
  ["reverse", filter("", reversed)],
  ["slice", filter("slices fill_with", (value, [slices, fill = null]) => columns(itemsOf(value), whole(slices, 1), fill))],
  [
    "sort",
    filter("reverse case_sensitive attribute", (value, [reverse = false, sensitive, attribute]) =>
      sortAll(value, reverse, sensitive, attribute),
    ),
  ],
  [
    "sum",
    filter("attribute start", (value, [attribute, start = 0]) =>
      itemsOf(value)
        .map(attributeGetter(attribute))
        .reduce((all, item) => binary("+", all, item), start),
    ),
  ],
  [
    "tojson",
    filter("indent", (value, [indent = null]) => writeJson(value, " ".repeat(Math.min(whole(indent ?? undefined, 0), 20)))),
  ],
  [
    "unique",
    filter("case_sensitive attribute", (value, [sensitive, attribute]) => unique(itemsOf(value), sortKey(attribute, sensitive))),
  ],
]);

function dictOf(named: ReadonlyMap<string, Value>): Dict {
  const dict = new Dict();
  for (const [key, value] of named) dict.set(key, value);
  return dict;
}

function sortAll(value: Value, reverse: Value, sensitive: Value | undefined, attribute: Value | undefined): Value {
  const keys =
    typeof attribute === "string"
      ? attribute.split(",").map((each) => sortKey(each, sensitive))
      : [sortKey(attribute, sensitive)];
  return sortBy(itemsOf(value), (item) => keys.map((key) => key(item)), isTruthy(reverse));
}

/** Returns the message for an unknown filter or test. */
export const unknownName = (kind: "filter" | "test", name: string): string => `No ${kind} named ${textRepr(name)}.`;
