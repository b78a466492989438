import { textRepr } from "../python/index.ts";
import { bind } from "./bind.ts";
import { formatBraces } from "./format.ts";
import { allIndices, indexOf as indexOfText, joinTexts, replaceAll, splitAt, strip } from "./linear-text.ts";
import { charge } from "./meter.ts";
import { equals, sliceIndices } from "./operators.ts";
import {
  type Arguments,
  Callable,
  Dict,
  Host,
  isInteger,
  isList,
  itemsOf,
  Namespace,
  reprOf,
  sizeOf,
  TemplateError,
  Tuple,
  textOf,
  typeError,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

const changing = new Set("append clear pop reverse insert sort extend remove popitem setdefault update".split(" "));

const described = (value: Value): string =>
  value === null ? "None" : value instanceof Undefined ? "Undefined" : `${typeName(value)} object`;

/** The value of a missing name, attribute or item. */
export const undefinedName = (name: string): Undefined => new Undefined(`${textRepr(name)} is undefined`);

function undefinedMember(object: Value, key: Value): Undefined {
  if (object instanceof Undefined) return object;
  return new Undefined(
    typeof key === "string"
      ? `${textRepr(described(object))} has no attribute ${textRepr(key)}`
      : `${described(object)} has no element ${reprOf(key)}`,
  );
}

const unsafe = (object: Value, name: string): Undefined =>
  new Undefined(`access to attribute ${textRepr(name)} of ${textRepr(typeName(object))} object is unsafe.`, "SecurityError");

type Method = { params: string[]; run: (...args: (Value | undefined)[]) => Value };

const charactersOf = (chars: Value | undefined): string | undefined => (typeof chars === "string" ? chars : undefined);

function split(text: string, separator: Value | undefined, limit: Value | undefined): Value {
  const most = limit === undefined || !isInteger(limit) || Number(limit) < 0 ? Infinity : Number(limit);
  if (separator === undefined || separator === null) {
    const words = text.trim() === "" ? [] : text.trim().split(/\s+/);
    return words.length <= most + 1 ? words : [...words.slice(0, most), words.slice(most).join(" ")];
  }
  if (separator === "") throw new TemplateError("ValueError", "empty separator");
  const by = textOf(separator);
  return by === "" ? [...text] : splitAt(text, by, most);
}

const countOf = (text: string, part: string): number =>
  part === "" ? Math.max(text.length - 1, 0) : allIndices(text, part).length;

function startsOrEnds(affix: Value | undefined, test: (affix: string) => boolean): boolean {
  const tested = (text: string): boolean => {
    charge(1 + text.length);
    return test(text);
  };
  return affix instanceof Tuple ? affix.items.some((each) => tested(textOf(each))) : tested(textOf(affix ?? ""));
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();

const textMethods: Record<string, (text: string) => Method> = {
  upper: (text) => ({ params: [], run: () => text.toUpperCase() }),
  lower: (text) => ({ params: [], run: () => text.toLowerCase() }),
  capitalize: (text) => ({ params: [], run: () => capital(text) }),
  title: (text) => ({ params: [], run: () => text.replace(/\p{L}+/gu, capital) }),
  strip: (text) => ({ params: ["chars"], run: (chars) => strip(text, charactersOf(chars), "lr") }),
  lstrip: (text) => ({ params: ["chars"], run: (chars) => strip(text, charactersOf(chars), "l") }),
  rstrip: (text) => ({ params: ["chars"], run: (chars) => strip(text, charactersOf(chars), "r") }),
  split: (text) => ({ params: ["sep", "maxsplit"], run: (separator, limit) => split(text, separator, limit) }),
  splitlines: (text) => ({
    params: [],
    run: () => text.split(/\r\n|\r|\n/).filter((line, index, all) => line !== "" || index < all.length - 1),
  }),
  join: (text) => ({ params: ["items"], run: (items = []) => joinTexts(itemsOf(items).map(textOf), text) }),
  replace: (text) => ({ params: ["old", "new"], run: (old = "", by = "") => replaceAll(text, textOf(old), textOf(by)) }),
  startswith: (text) => ({ params: ["prefix"], run: (prefix) => startsOrEnds(prefix, (each) => text.startsWith(each)) }),
  endswith: (text) => ({ params: ["suffix"], run: (suffix) => startsOrEnds(suffix, (each) => text.endsWith(each)) }),
  removeprefix: (text) => ({
    params: ["prefix"],
    run: (prefix = "") => (text.startsWith(textOf(prefix)) ? text.slice(textOf(prefix).length) : text),
  }),
  removesuffix: (text) => ({
    params: ["suffix"],
    run: (suffix = "") => (text.endsWith(textOf(suffix)) && suffix !== "" ? text.slice(0, -textOf(suffix).length) : text),
  }),
  find: (text) => ({ params: ["sub"], run: (sub = "") => indexOfText(text, textOf(sub)) }),
  count: (text) => ({ params: ["sub"], run: (sub = "") => countOf(text, textOf(sub)) }),
  isdigit: (text) => ({ params: [], run: () => /^\p{Nd}+$/u.test(text) }),
  isalpha: (text) => ({ params: [], run: () => /^\p{L}+$/u.test(text) }),
  zfill: (text) => ({
    params: ["width"],
    run: (width = 0) =>
      text.replace(
        /^([+-]?)(.*)$/s,
        (_all, sign: string, rest: string) => sign + rest.padStart(Math.min(Number(textOf(width)), 10_000) - sign.length, "0"),
      ),
  }),
};

const dictMethods: Record<string, (dict: Dict) => Method> = {
  items: (dict) => ({
    params: [],
    run: () =>
      new Tuple(
        dict.entries().map((entry) => new Tuple(entry)),
        [],
        "dict_items",
      ),
  }),
  keys: (dict) => ({ params: [], run: () => new Tuple(dict.keys(), [], "dict_keys") }),
  values: (dict) => ({
    params: [],
    run: () =>
      new Tuple(
        dict.entries().map(([, value]) => value),
        [],
        "dict_values",
      ),
  }),
  get: (dict) => ({ params: ["key", "default"], run: (key = null, fallback = null) => known(dict.get(key), () => fallback) }),
  copy: (dict) => ({ params: [], run: () => dict }),
};

const listMethods: Record<string, (items: readonly Value[]) => Method> = {
  index: (items) => ({ params: ["value"], run: (value = null) => indexOf(items, value) }),
  count: (items) => ({ params: ["value"], run: (value = null) => items.filter((item) => equals(item, value)).length }),
};

function indexOf(items: readonly Value[], value: Value): number {
  const at = items.findIndex((item) => equals(item, value));
  if (at < 0) throw new TemplateError("ValueError", `${textOf(value)} is not in list`);
  return at;
}

function format(template: string): Callable {
  return new Callable("format", ({ positional, named }) =>
    formatBraces(template, (field) => {
      const [first = "", ...rest] = field.split(/[.[]/).map((part) => part.replace(/\]$/, ""));
      const start = /^\d+$/.test(first) ? positional[Number(first)] : named.get(first);
      if (start === undefined) {
        throw /^\d+$/.test(first)
          ? new TemplateError("IndexError", `Replacement index ${first} out of range for positional args tuple`)
          : new TemplateError("KeyError", first);
      }
      return rest.reduce<Value>((value, part) => getItem(value, /^\d+$/.test(part) ? Number(part) : part), start);
    }),
  );
}

const callable = (name: string, object: Value, method: Method | undefined): Callable | undefined =>
  method &&
  new Callable(name, (args: Arguments) => {
    charge(sizeOf(object));
    return method.run(...bind(name, method.params, args));
  });

const own = <Item>(table: Record<string, Item>, name: string): Item | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** Returns the attribute that Python's object has, or undefined. */
function attributeOf(object: Value, name: string): Value | undefined {
  if (object instanceof Undefined) return object;
  if (object instanceof Host) return object.attribute(name);
  if (object instanceof Namespace) return object.members.get(name);
  if (typeof object === "string")
    return name === "format" ? format(object) : callable(name, object, own(textMethods, name)?.(object));
  if (object instanceof Dict) return callable(name, object, own(dictMethods, name)?.(object));
  if (object instanceof Tuple && object.names.includes(name)) return object.items[object.names.indexOf(name)];
  if (isList(object) || object instanceof Tuple)
    return callable(name, object, own(listMethods, name)?.(isList(object) ? object : object.items));
  return undefined;
}

function itemOf(object: Value, key: Value): Value | undefined {
  if (object instanceof Undefined) return object;
  if (object instanceof Dict) return object.get(key);
  if (object instanceof Host) return typeof key === "string" ? object.attribute(`[${key}]`) : undefined;
  if (typeof object !== "string" && !isList(object) && !(object instanceof Tuple)) return undefined;
  if (!isInteger(key)) return undefined;
  const items = isList(object) ? object : object instanceof Tuple ? object.items : itemsOf(object);
  return items[Number(key) < 0 ? items.length + Number(key) : Number(key)];
}

/** Python's None is a value; only a missing value is replaced. */
const known = (value: Value | undefined, otherwise: () => Value): Value => (value === undefined ? otherwise() : value);

/** Returns `object.name`: the attribute first, then the item. */
export function getAttribute(object: Value, name: string): Value {
  const isPrivate = name.startsWith("_") && !(object instanceof Dict);
  const isChange = (object instanceof Dict || isList(object)) && changing.has(name);
  const attribute = isPrivate || isChange || name.startsWith("_") ? undefined : attributeOf(object, name);
  const item = attribute === undefined ? itemOf(object, name) : attribute;
  return known(item, () => (isPrivate || isChange ? unsafe(object, name) : undefinedMember(object, name)));
}

/** Returns `object[key]`: the item first, then the attribute. */
export function getItem(object: Value, key: Value): Value {
  return known(itemOf(object, key), () => (typeof key === "string" ? getAttribute(object, key) : undefinedMember(object, key)));
}

/** Returns `object[start:stop:step]`. */
export function getSlice(object: Value, bounds: readonly Value[]): Value {
  if (object instanceof Undefined) return object;
  if (object instanceof Dict) throw typeError("unhashable type: 'slice'");
  if (typeof object !== "string" && !isList(object) && !(object instanceof Tuple)) {
    throw typeError(`'${typeName(object)}' object is not subscriptable`);
  }
  const items = itemsOf(object);
  const taken = sliceIndices(items.length, bounds).map((at) => items[at] ?? null);
  if (typeof object === "string") return taken.map(textOf).join("");
  return object instanceof Tuple ? new Tuple(taken) : taken;
}
