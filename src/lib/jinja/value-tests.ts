import { compare, contains, equals, refuseUndefined } from "./operators.ts";
import {
  Callable,
  Dict,
  Float,
  isInteger,
  isList,
  isNumeric,
  Tuple,
  textOf,
  toDouble,
  typeError,
  Undefined,
  type Value,
} from "./values.ts";

type Test = (value: Value, argument: Value) => boolean;

const comparison =
  (operator: string): Test =>
  (value, argument) =>
    compare(operator, value, argument);

function remainder(value: Value, divisor: number): number {
  refuseUndefined(value);
  if (!isNumeric(value)) throw typeError("not all arguments converted during string formatting");
  return ((toDouble(value) % divisor) + divisor) % divisor;
}

const isSequence = (value: Value): boolean =>
  typeof value === "string" || isList(value) || value instanceof Tuple || value instanceof Dict;

/** The tests of Jinja, except those on filters and tests themselves. */
export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["odd", (value) => remainder(value, 2) === 1],
  ["even", (value) => remainder(value, 2) === 0],
  ["divisibleby", (value, argument) => remainder(value, isNumeric(argument) ? toDouble(argument) : Number.NaN) === 0],
  ["defined", (value) => !(value instanceof Undefined)],
  ["undefined", (value) => value instanceof Undefined],
  ["none", (value) => value === null],
  ["boolean", (value) => typeof value === "boolean"],
  ["true", (value) => value === true],
  ["false", (value) => value === false],
  ["integer", (value) => isInteger(value) && typeof value !== "boolean"],
  ["float", (value) => value instanceof Float],
  ["number", isNumeric],
  ["string", (value) => typeof value === "string"],
  ["mapping", (value) => value instanceof Dict],
  ["sequence", (value) => isSequence(value) || value instanceof Undefined],
  ["iterable", (value) => isSequence(value) || value instanceof Undefined],
  ["callable", (value) => value instanceof Callable],
  ["lower", (value) => textOf(value) === textOf(value).toLowerCase() && /\p{Ll}/u.test(textOf(value))],
  ["upper", (value) => textOf(value) === textOf(value).toUpperCase() && /\p{Lu}/u.test(textOf(value))],
  ["sameas", (value, argument) => value === argument],
  ["escaped", () => false],
  ["in", (value, argument) => contains(argument, value)],
  ...(["==", "eq", "equalto"].map((name) => [name, equals]) satisfies [string, Test][]),
  ...(["!=", "ne"].map((name) => [name, comparison("!=")]) satisfies [string, Test][]),
  ...([">", "gt", "greaterthan"].map((name) => [name, comparison(">")]) satisfies [string, Test][]),
  ...([">=", "ge"].map((name) => [name, comparison(">=")]) satisfies [string, Test][]),
  ...(["<", "lt", "lessthan"].map((name) => [name, comparison("<")]) satisfies [string, Test][]),
  ...(["<=", "le"].map((name) => [name, comparison("<=")]) satisfies [string, Test][]),
]);
