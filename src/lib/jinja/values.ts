import { floatJson, isJsonObject, isRawJson, parseJson } from "../json.ts";
import { floatText, isInt, numberOf, textRepr } from "../python/index.ts";
import { charge, chargeBits, templateBounds, unitsOfStep } from "./meter.ts";
import { TemplateError } from "./template-error.ts";

export { TemplateError } from "./template-error.ts";

// Templates are written for Python, where integers and floats differ: a float is an object here.

/** A Python float. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A Python tuple; `names` are the fields of a named tuple, `view` marks a dict's view. */
export class Tuple {
  readonly items: readonly Value[];
  readonly names: readonly string[];
  readonly view: string;
  constructor(items: readonly Value[], names: readonly string[] = [], view = "") {
    this.items = items;
    this.names = names;
    this.view = view;
  }
}

/** A Python dict, in insertion order. */
export class Dict {
  readonly #entries = new Map<string, readonly [Value, Value]>();
  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }
  set(key: Value, value: Value): this {
    const id = keyOf(key);
    this.#entries.set(id, [this.#entries.get(id)?.[0] ?? key, value]);
    return this;
  }
  has(key: Value): boolean {
    return this.#entries.has(keyOf(key));
  }
  keys(): Value[] {
    return this.entries().map(([key]) => key);
  }
  entries(): (readonly [Value, Value])[] {
    return [...this.#entries.values()];
  }
}

/** Jinja's Undefined: prints as an empty text, is empty as a container, fails in arithmetic. */
export class Undefined {
  readonly message: string;
  readonly error: string;
  constructor(message: string, error = "UndefinedError") {
    this.message = message;
    this.error = error;
  }
}

export type Arguments = { positional: readonly Value[]; named: ReadonlyMap<string, Value> };

/** A function that a template may call. */
export class Callable {
  readonly name: string;
  readonly run: (args: Arguments) => Value;
  constructor(name: string, run: (args: Arguments) => Value) {
    this.name = name;
    this.run = run;
  }
}

/** An object of the host: its text, its attributes, and its `tojson` value (undefined: not serialisable). */
export class Host {
  readonly typeName: string;
  readonly attribute: (name: string) => Value | undefined;
  readonly json: unknown;
  /** For times: microseconds since the epoch. */
  readonly micros: number | undefined;
  /** For members of a text enumeration: the text that they are equal to. */
  readonly equal: string | undefined;
  readonly #text: string | (() => string);
  constructor(options: {
    typeName: string;
    text: string | (() => string);
    attribute?: (name: string) => Value | undefined;
    json?: unknown;
    micros?: number;
    equal?: string;
  }) {
    this.typeName = options.typeName;
    this.#text = options.text;
    this.attribute = options.attribute ?? (() => undefined);
    this.json = options.json;
    this.micros = options.micros;
    this.equal = options.equal;
  }
  get text(): string {
    return typeof this.#text === "string" ? this.#text : this.#text();
  }
}

/** A namespace: the one object that templates may write to. */
export class Namespace {
  readonly members = new Map<string, Value>();
}

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | readonly Value[]
  | Tuple
  | Dict
  | Undefined
  | Callable
  | Host
  | Namespace;

/** Returns Python's TypeError. */
export const typeError = (message: string): TemplateError => new TemplateError("TypeError", message);

// The cost of writing one value of a list or a dict, or of using it as a key.
const unitsOfNode = 10;

function keyOf(key: Value): string {
  charge(unitsOfNode + (typeof key === "string" ? key.length : 0));
  if (typeof key === "string") return `s${key}`;
  if (isNumeric(key)) return `n${Number(key instanceof Float ? key.value : key)}`;
  if (key === null) return "None";
  if (key instanceof Undefined) return "Undefined";
  if (key instanceof Tuple) return `t${key.items.map(keyOf).join()}`;
  throw typeError(`unhashable type: '${typeName(key)}'`);
}

/** Converts JSON to values. */
export function fromJson(json: unknown): Value {
  if (json === null || typeof json === "boolean" || typeof json === "string") return json;
  if (typeof json === "number" || isRawJson(json)) {
    const exact = numberOf(json);
    return isInt(json) ? exact : new Float(Number(exact));
  }
  if (Array.isArray(json)) return json.map(fromJson);
  const dict = new Dict();
  if (isJsonObject(json)) for (const [key, value] of Object.entries(json)) dict.set(key, fromJson(value));
  return dict;
}

/** Converts values to JSON, as `tojson` does; throws for values without a JSON form. */
export function toJson(value: Value): unknown {
  charge(unitsOfNode + (typeof value === "string" ? value.length : 0));
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "bigint") return parseJson(digitsOf(value));
  if (value instanceof Float) return floatJson(value.value);
  if (isList(value)) return value.map(toJson);
  if (value instanceof Tuple) return value.items.map(toJson);
  if (value instanceof Dict) return Object.fromEntries(value.entries().map(([key, member]) => [textOf(key), toJson(member)]));
  if (value instanceof Host && value.json !== undefined) return value.json;
  throw typeError(`Object of type ${typeName(value)} is not JSON serializable`);
}

/** Narrows to a list; `Array.isArray` alone does not keep the element type of a read-only list. */
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** Narrows to a Python number, booleans included. */
export const isNumeric = (value: Value): value is boolean | number | bigint | Float =>
  typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" || value instanceof Float;

/** Narrows to an integer. */
export const isInteger = (value: Value): value is number | bigint | boolean => isNumeric(value) && !(value instanceof Float);

/** Returns a numeric value as a double. */
export const toDouble = (value: boolean | number | bigint | Float): number =>
  Number(value instanceof Float ? value.value : value);

/** Returns the name of a value's Python type. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number" || typeof value === "bigint") return "int";
  if (isList(value)) return "list";
  if (value instanceof Float) return "float";
  if (value instanceof Tuple) return value.view || "tuple";
  if (value instanceof Dict) return "dict";
  if (value instanceof Callable) return "function";
  if (value instanceof Namespace) return "Namespace";
  return value instanceof Host ? value.typeName : "ChainableUndefined";
}

/** Returns whether a value counts as true. */
export function isTruthy(value: Value): boolean {
  if (value instanceof Float) return value.value !== 0;
  if (isList(value)) return value.length > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof Undefined) return false;
  return typeof value === "object" ? value !== null : Boolean(value);
}

/** Returns the decimal digits of an integer; as in Python, one of too many digits is an error. */
export function digitsOf(value: bigint): string {
  chargeBits(value);
  const text = String(value);
  if (text.length <= templateBounds.digits) return text;
  throw new TemplateError(
    "ValueError",
    `Exceeds the limit (${templateBounds.digits} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit`,
  );
}

/** Returns a value as Python's repr() writes it. */
export function reprOf(value: Value): string {
  charge(unitsOfNode + (typeof value === "string" ? 3 * value.length : 0));
  if (typeof value === "string") return textRepr(value);
  if (value instanceof Undefined) return "Undefined";
  if (isList(value)) return `[${value.map(reprOf).join(", ")}]`;
  if (value instanceof Tuple && value.view !== "") return `${value.view}(${reprOf(value.items)})`;
  if (value instanceof Tuple) return `(${value.items.map(reprOf).join(", ")}${value.items.length === 1 ? "," : ""})`;
  if (value instanceof Dict)
    return `{${value
      .entries()
      .map(([key, member]) => `${reprOf(key)}: ${reprOf(member)}`)
      .join(", ")}}`;
  return textOf(value);
}

/** Returns a value as it is printed. A text is free here: operations on it are charged themselves. */
export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return digitsOf(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return "";
  if (value instanceof Host) return value.text;
  if (value instanceof Callable) return `<function ${value.name}>`;
  if (value instanceof Namespace) return "<Namespace>";
  return typeof value === "object" ? reprOf(value) : String(value);
}

/** Returns the items of a loop over a value; each is charged when the caller iterates. */
export function itemsOf(value: Value): readonly Value[] {
  charge(1 + sizeOf(value));
  if (isList(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return value.keys();
  if (typeof value === "string") return [...value];
  if (value instanceof Undefined) return [];
  throw typeError(`'${typeName(value)}' object is not iterable`);
}

/** Returns the number of characters, items or members of a value, without nested ones. */
export function sizeOf(value: Value): number {
  if (typeof value === "string" || isList(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  return value instanceof Dict ? value.size : 0;
}

/** Charges the arguments of a call. */
export function chargeCall(value: Value, { positional, named }: Arguments): void {
  charge(unitsOfStep + sizeOf(value));
  for (const each of positional) charge(1 + sizeOf(each));
  for (const each of named.values()) charge(1 + sizeOf(each));
}
