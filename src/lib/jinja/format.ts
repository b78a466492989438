import { charge, chargeBits, chargeText } from "./meter.ts";
import {
  Dict,
  digitsOf,
  Float,
  isInteger,
  isList,
  isNumeric,
  reprOf,
  TemplateError,
  Tuple,
  textOf,
  toDouble,
  typeError,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

const MAX_WIDTH = 10_000;

function exponential(value: number, precision: number): string {
  const [mantissa = "", power = "0"] = value.toExponential(precision).split("e");
  const exponent = Number(power);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function general(value: number, precision: number): string {
  const digits = Math.max(precision, 1);
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split("e")[1]);
  const text =
    exponent < -4 || exponent >= digits ? exponential(value, digits - 1) : value.toFixed(Math.max(digits - 1 - exponent, 0));
  return text.replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "");
}

/** Writes the digits of a float for the presentation types e, f, g and %. */
function floatDigits(value: number, type: string, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "inf";
  switch (type.toLowerCase()) {
    case "e":
      return exponential(value, precision);
    case "g":
      return general(value, precision);
    case "%":
      return `${(value * 100).toFixed(precision)}%`;
    default:
      return value >= 1e21
        ? BigInt(value).toString() + (precision > 0 ? `.${"0".repeat(precision)}` : "")
        : value.toFixed(precision);
  }
}

function group(digits: string, separator: string): string {
  const [whole = "", rest] = digits.split(/(?=[.e%])/);
  const groups: string[] = [];
  for (let end = whole.length; end > 0; end -= 3) groups.unshift(whole.slice(Math.max(end - 3, 0), end));
  return groups.join(separator) + (rest === undefined ? "" : digits.slice(whole.length));
}

function pad(text: string, width: number, align: string, fill: string, sign = ""): string {
  charge(text.length);
  const missing = Math.min(width, MAX_WIDTH) - [...text].length - sign.length;
  if (missing <= 0) return sign + text;
  if (align === "=") return sign + fill.repeat(missing) + text;
  if (align === "^") return fill.repeat(Math.floor(missing / 2)) + sign + text + fill.repeat(Math.ceil(missing / 2));
  return align === "<" ? sign + text + fill.repeat(missing) : fill.repeat(missing) + sign + text;
}

const specification = /^(?:(.)?([<>=^]))?([+\- ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su;

function integerDigits(value: number | bigint | boolean, type: string): string {
  const radix = { b: 2, o: 8, x: 16, X: 16 }[type] ?? 10;
  chargeBits(BigInt(value));
  const text = radix === 10 ? digitsOf(BigInt(value)) : BigInt(value).toString(radix);
  const digits = text.replace("-", "");
  return type === "X" ? digits.toUpperCase() : digits;
}

/** Formats a value as Python's format() does. */
export function formatValue(value: Value, spec: string): string {
  if (spec === "") return textOf(value);
  charge(spec.length);
  const parts = specification.exec(spec);
  if (parts === null) throw new TemplateError("ValueError", "Invalid format specifier");
  const [, fill, align, plus, , zero, width = "0", separator, precisionText, type = ""] = parts;
  const precision = precisionText === undefined ? undefined : Math.min(Number(precisionText), 100);
  if (!isNumeric(value) || type === "s") {
    if (type !== "" && type !== "s")
      throw new TemplateError("ValueError", `Unknown format code '${type}' for object of type '${typeName(value)}'`);
    const text = [...textOf(value)].slice(0, precision).join("");
    return pad(text, Number(width), align ?? "<", fill ?? " ");
  }
  const negative = toDouble(value) < 0 || Object.is(toDouble(value), -0);
  let digits: string;
  if (isInteger(value) && (type === "" || "bdnoxXc".includes(type))) digits = integerDigits(value, type);
  else if (type === "" && precision === undefined) digits = textOf(value).replace("-", "");
  else digits = floatDigits(Math.abs(toDouble(value)), type === "" ? "g" : type, precision ?? 6);
  if (separator !== undefined) digits = group(digits, separator);
  const sign = negative ? "-" : plus === undefined || plus === "-" ? "" : plus;
  return pad(digits, Number(width), align ?? (zero === undefined ? ">" : "="), fill ?? (zero === undefined ? " " : "0"), sign);
}

// Repetitions are bounded, because flags and a width may both begin with zeros: unbounded, matching is quadratic.
const conversion = /%(?:\((\w+)\))?([#0\- +]{0,20})(\d{1,20}|\*)?(?:\.(\d{1,20}))?([diouxXeEfFgGcrsa%])/g;

// The result of a format is charged piece by piece, so that an excessive one stops early.
function piece(text: string): string {
  chargeText(text.length);
  return text;
}

/** Formats with Python's `%` operator. */
export function formatPercent(template: string, args: Value): string {
  const list = args instanceof Tuple ? args.items : [args];
  let used = 0;
  charge(template.length);
  const text = template.replace(
    conversion,
    (_all, key: string | undefined, flags: string, width = "0", precision = "", type: string) => {
      if (type === "%") return "%";
      let value: Value | undefined;
      if (key !== undefined) value = args instanceof Dict ? args.get(key) : undefined;
      else value = list[used++];
      if (value === undefined)
        throw key === undefined ? typeError("not enough arguments for format string") : new TemplateError("KeyError", key);
      return piece(convert(value, { flags, width: Number(width), precision, type }));
    },
  );
  // A value that can be indexed might be a mapping, whose items need not all be used.
  const mayBeMapping = args instanceof Dict || args instanceof Undefined || isList(args);
  if (used < list.length && !mayBeMapping) throw typeError("not all arguments converted during string formatting");
  return text;
}

function convert(value: Value, how: { flags: string; width: number; precision: string; type: string }): string {
  const { flags, width, precision, type } = how;
  const align = flags.includes("-") ? "<" : ">";
  if (type === "s" || type === "r" || type === "a" || type === "c") {
    const whole = type === "s" || type === "c" ? textOf(value) : reprOf(value);
    return pad(precision === "" ? whole : [...whole].slice(0, Number(precision)).join(""), width, align, " ");
  }
  if (!isNumeric(value)) {
    const wanted = "diu".includes(type)
      ? `%${type} format: a real number is required, not ${typeName(value)}`
      : `must be real number, not ${typeName(value)}`;
    throw typeError(wanted);
  }
  const whole = value instanceof Float ? Math.trunc(value.value) : value;
  const sign = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  const zero = flags.includes("0") && align === ">" ? "0" : "";
  const spec = `${align === "<" ? "<" : ""}${sign}${zero}${width === 0 ? "" : width}`;
  return "diuoxX".includes(type)
    ? formatValue(whole, `${spec}${"diu".includes(type) ? "d" : type}`)
    : formatValue(new Float(toDouble(value)), `${spec}.${precision === "" ? 6 : precision}${type}`);
}

/** Formats with Python's `str.format`: positions, names, attributes by `find`, and specifications. */
export function formatBraces(template: string, find: (field: string) => Value): string {
  let next = 0;
  charge(template.length);
  return template.replace(
    /\{\{|\}\}|\{([^{}:!]*)(?:!([rsa]))?(?::([^{}]*))?\}/g,
    (all, field: string | undefined, how: string | undefined, spec = "") => {
      if (field === undefined) return all.slice(0, 1);
      const value = find(field === "" ? String(next++) : field);
      return piece(formatValue(how === undefined ? value : how === "s" ? textOf(value) : reprOf(value), spec));
    },
  );
}
