import { charge } from "./meter.ts";
import { integer } from "./operators.ts";
import {
  type Arguments,
  Callable,
  Dict,
  isInteger,
  itemsOf,
  Namespace,
  sizeOf,
  TemplateError,
  textOf,
  typeError,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

const MAX_RANGE = 100;

function range({ positional }: Arguments): Value {
  const numbers = positional.map((value) => {
    if (value instanceof Undefined) throw new TemplateError(value.error, value.message);
    if (!isInteger(value)) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
    return Number(value);
  });
  if (numbers.length === 0) throw typeError("range expected at least 1 argument, got 0");
  if (numbers.length > 3) throw typeError(`range expected at most 3 arguments, got ${numbers.length}`);
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0] ?? 0] : [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2]];
  if (step === 0) throw new TemplateError("ValueError", "range() arg 3 must not be zero");
  const length = Math.max(Math.ceil((stop - start) / step), 0);
  if (length > MAX_RANGE)
    throw new TemplateError(
      "OverflowError",
      `Range too big. The sandbox blocks ranges larger than MAX_TEMPLATE_RANGE=${MAX_RANGE}.`,
    );
  return Array.from({ length }, (_, index) => integer(BigInt(start + index * step)));
}

function merge({ positional, named }: Arguments): Dict {
  const dict = new Dict();
  for (const source of positional) {
    const pairs = source instanceof Dict ? source.entries() : itemsOf(source).map(itemsOf);
    charge(sizeOf(source));
    for (const [key = null, value = null] of pairs) dict.set(key, value);
  }
  for (const [key, value] of named) dict.set(key, value);
  return dict;
}

function namespace(args: Arguments): Namespace {
  const made = new Namespace();
  for (const [key, value] of merge(args).entries()) made.members.set(textOf(key), value);
  return made;
}

function joiner({ positional, named }: Arguments): Callable {
  const separator = positional[0] ?? named.get("sep") ?? ", ";
  let used = false;
  return new Callable("joiner", () => {
    if (used) return separator;
    used = true;
    return "";
  });
}

/** The names defined in every template. */
export const globals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["range", new Callable("range", range)],
  ["dict", new Callable("dict", merge)],
  ["namespace", new Callable("namespace", namespace)],
  ["joiner", new Callable("joiner", joiner)],
]);
