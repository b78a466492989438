import { compareTexts } from "../python/index.ts";
import { formatPercent } from "./format.ts";
import { indexOf } from "./linear-text.ts";
import { charge, chargeBits, chargeItems, chargeText, templateBounds } from "./meter.ts";
import {
  Dict,
  Float,
  Host,
  isInteger,
  isList,
  isNumeric,
  itemsOf,
  TemplateError,
  Tuple,
  toDouble,
  typeError,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** Throws the error of Python for the use of an undefined value. */
export function refuseUndefined(...values: readonly Value[]): void {
  for (const value of values) if (value instanceof Undefined) throw new TemplateError(value.error, value.message);
}

/** Returns an integer as a number where a double is exact. */
export const integer = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

const toBig = (value: boolean | number | bigint | Float): bigint =>
  value instanceof Float ? BigInt(Math.trunc(value.value)) : BigInt(value);

const zeroWords: Record<string, [string, string]> = {
  "/": ["division by zero", "float division by zero"],
  "//": ["integer division or modulo by zero", "float floor division by zero"],
  "%": ["integer modulo by zero", "float modulo"],
};

function paid(value: bigint): bigint {
  chargeBits(value);
  return value;
}

function arithmeticOnIntegers(operator: string, a: bigint, b: bigint): Value | undefined {
  chargeBits(a, b);
  switch (operator) {
    case "+":
      return integer(a + b);
    case "-":
      return integer(a - b);
    case "*":
      return integer(paid(a * b));
    case "//":
      return integer((a - (((a % b) + b) % b)) / b);
    case "%":
      return integer(((a % b) + b) % b);
    case "**": {
      if (b < 0n) return undefined;
      if (BigInt(a.toString(2).length) * b > BigInt(templateBounds.bits))
        throw new TemplateError("OverflowError", "the result is too large");
      return integer(paid(a ** b));
    }
    default:
      return undefined;
  }
}

function arithmeticOnFloats(operator: string, a: number, b: number): Value {
  switch (operator) {
    case "+":
      return new Float(a + b);
    case "-":
      return new Float(a - b);
    case "*":
      return new Float(a * b);
    case "/":
      return new Float(a / b);
    case "//":
      return new Float(Math.floor(a / b));
    case "%":
      return new Float(a - b * Math.floor(a / b));
    default:
      return new Float(a ** b);
  }
}

type Numeric = boolean | number | bigint | Float;

function arithmetic(operator: string, left: Numeric, right: Numeric): Value {
  const whole = isInteger(left) && isInteger(right);
  const words = zeroWords[operator];
  if (words !== undefined && toDouble(right) === 0) throw new TemplateError("ZeroDivisionError", words[whole ? 0 : 1]);
  if (operator === "**" && toDouble(left) === 0 && toDouble(right) < 0) {
    throw new TemplateError("ZeroDivisionError", "0.0 cannot be raised to a negative power");
  }
  const exact = whole ? arithmeticOnIntegers(operator, toBig(left), toBig(right)) : undefined;
  return exact ?? arithmeticOnFloats(operator, toDouble(left), toDouble(right));
}

function repeat(value: string | readonly Value[] | Tuple, times: bigint): Value {
  const count = times < 0n ? 0n : times;
  const length = typeof value === "string" ? value.length : itemsOf(value).length;
  // An empty sequence stays empty, without the multiplication.
  if (length === 0) return value;
  if (typeof value === "string") chargeText(length * Number(count));
  else chargeItems(length * Number(count));
  const list = (items: readonly Value[]): Value[] => Array.from({ length: Number(count) }, () => items).flat();
  if (typeof value === "string") return value.repeat(Number(count));
  return value instanceof Tuple ? new Tuple(list(value.items)) : list(value);
}

function add(left: Value, right: Value): Value | undefined {
  if (typeof left === "string") {
    if (typeof right === "string") {
      chargeText(left.length + right.length);
      return left + right;
    }
    throw typeError(`can only concatenate str (not "${typeName(right)}") to str`);
  }
  if (isList(left)) {
    if (isList(right)) {
      chargeItems(left.length + right.length);
      return [...left, ...right];
    }
    throw typeError(`can only concatenate list (not "${typeName(right)}") to list`);
  }
  if (!(left instanceof Tuple)) return undefined;
  if (right instanceof Tuple) {
    chargeItems(left.items.length + right.items.length);
    return new Tuple([...left.items, ...right.items]);
  }
  throw typeError(`can only concatenate tuple (not "${typeName(right)}") to tuple`);
}

const isSequence = (value: Value): value is string | readonly Value[] | Tuple =>
  typeof value === "string" || isList(value) || value instanceof Tuple;

/** Applies an arithmetic operator as Python does; throws TemplateError. */
export function binary(operator: string, left: Value, right: Value): Value {
  if (operator === "%" && typeof left === "string") return formatPercent(left, right);
  refuseUndefined(left, right);
  if (isNumeric(left) && isNumeric(right)) return arithmetic(operator, left, right);
  if (operator === "*") {
    if (isSequence(left) && isInteger(right)) return repeat(left, toBig(right));
    if (isSequence(right) && isInteger(left)) return repeat(right, toBig(left));
    const sequence = isSequence(left) ? right : isSequence(right) ? left : undefined;
    if (sequence !== undefined) throw typeError(`can't multiply sequence by non-int of type '${typeName(sequence)}'`);
  }
  const sum = operator === "+" ? add(left, right) : undefined;
  if (sum !== undefined) return sum;
  const shown = operator === "**" ? "** or pow()" : operator;
  throw typeError(`unsupported operand type(s) for ${shown}: '${typeName(left)}' and '${typeName(right)}'`);
}

/** Applies a unary sign. */
export function signed(negative: boolean, value: Value): Value {
  refuseUndefined(value);
  if (!isNumeric(value)) throw typeError(`bad operand type for unary ${negative ? "-" : "+"}: '${typeName(value)}'`);
  if (value instanceof Float) return negative ? new Float(-value.value) : value;
  return integer(negative ? -toBig(value) : toBig(value));
}

/** Returns whether two values are equal in Python. */
export function equals(one: Value, two: Value): boolean {
  charge(typeof one === "string" && typeof two === "string" && one.length === two.length ? 1 + one.length : 1);
  if (one === two) return true;
  if (one instanceof Host && one.equal !== undefined) return equals(one.equal, two);
  if (two instanceof Host && two.equal !== undefined) return equals(one, two.equal);
  // Hosts without a JSON form are single values: times and ids.
  if (one instanceof Host && two instanceof Host && one.json === undefined)
    return one.typeName === two.typeName && one.text === two.text;
  if (isNumeric(one) && isNumeric(two)) {
    return isInteger(one) && isInteger(two) ? toBig(one) === toBig(two) : toDouble(one) === toDouble(two);
  }
  const lists =
    isList(one) && isList(two) ? [one, two] : one instanceof Tuple && two instanceof Tuple ? [one.items, two.items] : [];
  const [a, b] = lists;
  if (a !== undefined && b !== undefined)
    return a.length === b.length && a.every((item, index) => equals(item, b[index] ?? null));
  if (one instanceof Dict && two instanceof Dict) {
    return one.size === two.size && one.entries().every(([key, value]) => two.has(key) && equals(value, two.get(key) ?? null));
  }
  return one instanceof Undefined && two instanceof Undefined;
}

/** Orders two values; throws TypeError in the words of `operator` when Python has no order for them. */
export function order(one: Value, two: Value, operator = "<"): number {
  charge(typeof one === "string" && typeof two === "string" ? 1 + Math.min(one.length, two.length) : 1);
  if (isNumeric(one) && isNumeric(two)) {
    const [a, b] = isInteger(one) && isInteger(two) ? [toBig(one), toBig(two)] : [toDouble(one), toDouble(two)];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof one === "string" && typeof two === "string") return compareTexts(one, two);
  if ((isList(one) && isList(two)) || (one instanceof Tuple && two instanceof Tuple)) {
    const [a, b] = [itemsOf(one), itemsOf(two)];
    const at = a.findIndex((item, index) => index >= b.length || !equals(item, b[index] ?? null));
    return at < 0 || at >= b.length ? a.length - b.length : order(a[at] ?? null, b[at] ?? null, operator);
  }
  refuseUndefined(one, two);
  throw typeError(`'${operator}' not supported between instances of '${typeName(one)}' and '${typeName(two)}'`);
}

/** Returns whether a container contains a value. */
export function contains(container: Value, value: Value): boolean {
  if (typeof container === "string") {
    if (typeof value === "string") return indexOf(container, value) >= 0;
    throw typeError(`'in <string>' requires string as left operand, not ${typeName(value)}`);
  }
  if (container instanceof Dict) return container.has(value);
  if (isList(container) || container instanceof Tuple || container instanceof Undefined) {
    return itemsOf(container).some((item) => equals(item, value));
  }
  throw typeError(`argument of type '${typeName(container)}' is not iterable`);
}

/** Applies a comparison. */
export function compare(operator: string, one: Value, two: Value): boolean {
  switch (operator) {
    case "==":
      return equals(one, two);
    case "!=":
      return !equals(one, two);
    case "in":
      return contains(two, one);
    case "not in":
      return !contains(two, one);
    case "<":
      return order(one, two, operator) < 0;
    case "<=":
      return order(one, two, operator) <= 0;
    case ">":
      return order(one, two, operator) > 0;
    default:
      return order(one, two, operator) >= 0;
  }
}

function bound(value: Value, length: number, fallback: number, low: number, high: number): number {
  if (value === null) return fallback;
  if (!isInteger(value)) throw typeError("slice indices must be integers or None or have an __index__ method");
  const at = Number(value);
  return Math.min(Math.max(at < 0 ? at + length : at, low), high);
}

/** Returns the indexes of a slice. */
export function sliceIndices(length: number, [start = null, stop = null, step = null]: readonly Value[]): number[] {
  const by = step === null ? 1 : isInteger(step) ? Number(step) : 0;
  if (by === 0) throw new TemplateError("ValueError", "slice step cannot be zero");
  const [low, high] = by > 0 ? [0, length] : [-1, length - 1];
  const from = bound(start, length, by > 0 ? low : high, low, high);
  const to = stop === null ? (by > 0 ? high : low) : bound(stop, length, 0, low, high);
  charge(1 + Math.abs((to - from) / by));
  const indices: number[] = [];
  for (let at = from; by > 0 ? at < to : at > to; at += by) indices.push(at);
  return indices;
}

/** Returns the number that `int()` or `float()` reads from a value, or undefined. */
export function readNumber(value: Value): number | bigint | Float | undefined {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "number" || typeof value === "bigint" || value instanceof Float) return value;
  if (typeof value !== "string") return undefined;
  charge(10 * value.length);
  const text = value.trim().replace(/(?<=\d)_(?=\d)/g, "");
  if (/^[+-]?\d+$/.test(text) && text.length > templateBounds.digits) return undefined;
  if (/^[+-]?\d+$/.test(text)) return integer(BigInt(text.replace(/^\+/, "")));
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return new Float(Number(text));
  if (/^[+-]?(inf|infinity)$/i.test(text)) return new Float(text.startsWith("-") ? -Infinity : Infinity);
  return /^[+-]?nan$/i.test(text) ? new Float(Number.NaN) : undefined;
}

/** Rounds a double half to even at a decimal place, as Python's round() does. */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  if (digits === 0) {
    const floor = Math.floor(value);
    const rest = value - floor;
    return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
  }
  // Python rounds by the exact decimal value of the double, as toFixed does.
  return digits > 0 && digits <= 100 ? Number(value.toFixed(digits)) : Math.round(value / 10 ** -digits) * 10 ** -digits;
}
