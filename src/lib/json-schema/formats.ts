import { pythonRegex } from "../python/index.ts";

const leapYear = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number, month: number): number =>
  month === 2 ? (leapYear(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

const clock = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

function isDateTime(text: string): boolean {
  const upper = text.toUpperCase();
  return isDate(upper.slice(0, 10)) && upper[10] === "T" && clock.test(upper.slice(11));
}

const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) &&
  text.split(".").every((part) => Number(part) <= 255 && (part === "0" || !part.startsWith("0")));

function isIpv6(text: string): boolean {
  if (text.includes("%")) return false;
  const last = text.slice(text.lastIndexOf(":") + 1);
  const plain = last.includes(".") ? (isIpv4(last) ? text.slice(0, text.length - last.length).concat("0:0") : "") : text;
  const halves = plain.split("::");
  if (plain === "" || halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  return (
    groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? groups.length <= 7 : groups.length === 8)
  );
}

const isJsonPointer = (text: string): boolean => text === "" || (text.startsWith("/") && !/~(?![01])/.test(text));

function isRelativeJsonPointer(text: string): boolean {
  const digits = /^(0|[1-9]\d*)(.*)$/s.exec(text);
  return digits !== null && (digits[2] === "#" || isJsonPointer(digits[2] ?? ""));
}

const label = /^(?!-)[\p{L}\p{N}\p{M}·-]{1,63}(?<!-)$/u;
const isHostName = (text: string): boolean =>
  text.length <= 253 &&
  text
    .replace(/\.$/, "")
    .split(/[.。．｡]/)
    .every((part) => label.test(part));

const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["date", isDate],
  ["date-time", isDateTime],
  ["time", (text: string) => clock.test(text.toUpperCase())],
  ["email", (text: string) => text.includes("@")],
  ["idn-email", (text: string) => text.includes("@")],
  ["idn-hostname", isHostName],
  ["ipv4", isIpv4],
  ["ipv6", isIpv6],
  ["json-pointer", isJsonPointer],
  ["relative-json-pointer", isRelativeJsonPointer],
  ["regex", (text: string) => pythonRegex(text) !== null],
  ["uuid", (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)],
]);

/** Returns whether a text has a format; formats that the reference does not check always match. */
export const hasFormat = (text: string, format: string): boolean => FORMATS.get(format)?.(text) ?? true;
