import { type Filter, filter } from "./environment.ts";
import { joinTexts, splitAt, strip } from "./linear-text.ts";
import { charge, chargeText } from "./meter.ts";
import { integer, readNumber, refuseUndefined } from "./operators.ts";
import {
  Dict,
  isInteger,
  isList,
  isTruthy,
  itemsOf,
  TemplateError,
  Tuple,
  textOf,
  toDouble,
  typeError,
  type Value,
} from "./values.ts";

const MAX_INDENT = 1000;

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };
const escapeHtml = (text: string): string => text.replace(/[&<>'"]/g, (character) => entities[character] ?? character);

/** Returns a text without comments and tags; an unclosed one stays. Each end is searched once, so the time is linear. */
function withoutTags(text: string): string {
  let kept = "";
  let at = 0;
  let commentEnds = true;
  for (let start = text.indexOf("<"); start >= 0; start = text.indexOf("<", start)) {
    const isComment: boolean = commentEnds && text.startsWith("<!--", start);
    const comment: number = isComment ? text.indexOf("-->", start + 4) : -1;
    commentEnds &&= !isComment || comment >= 0;
    const tag = comment >= 0 ? -1 : text.indexOf(">", start + 1);
    if (comment < 0 && tag < 0) break;
    kept += text.slice(at, start);
    start = at = comment >= 0 ? comment + 3 : tag + 1;
  }
  return kept + text.slice(at);
}

function stripTags(text: string): string {
  return withoutTags(text)
    .replace(/&(amp|lt|gt|#39|#34|quot);/g, (_all, name: string) => ({ amp: "&", lt: "<", gt: ">", "#39": "'" })[name] ?? '"')
    .split(/\s+/)
    .filter((word) => word !== "")
    .join(" ");
}

const title = (text: string): string =>
  text
    .split(/([-\s({[<]+)/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
    .join("");

function center(text: string, width: number): string {
  const missing = Math.min(width, MAX_INDENT) - [...text].length;
  if (missing <= 0) return text;
  // Python puts the odd space on the left when the width is odd.
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return " ".repeat(left) + text + " ".repeat(missing - left);
}

function indent(text: string, width: Value, first: boolean, blank: boolean): string {
  const by = typeof width === "string" ? width : " ".repeat(isInteger(width) ? Math.min(Number(width), MAX_INDENT) : 4);
  const lines = text.split(/\r\n|\r|\n/);
  chargeText(text.length + lines.length * by.length);
  return lines.map((line, index) => ((index === 0 ? first : line !== "" || blank) ? by + line : line)).join("\n");
}

function truncate(text: string, [length = 255, killWords = false, end = "...", leeway = 5]: (Value | undefined)[]): string {
  const most = isInteger(length) ? Number(length) : 255;
  const letters = [...text];
  if (letters.length <= most + (leeway !== null && isInteger(leeway) ? Number(leeway) : 5)) return text;
  const tail = textOf(end);
  const kept = letters.slice(0, Math.max(most - [...tail].length, 0)).join("");
  return (isTruthy(killWords) || !kept.includes(" ") ? kept : kept.slice(0, kept.lastIndexOf(" "))) + tail;
}

function replace(text: string, old: string, by: string, limit: number): string {
  const most = limit < 0 ? Infinity : limit;
  if (old !== "") return joinTexts(splitAt(text, old, most), by);
  const letters = [...text];
  return joinTexts(letters.length <= most + 1 ? letters : [...letters.slice(0, most), letters.slice(most).join("")], by);
}

const trim = (text: string, chars: Value | undefined): string => strip(text, typeof chars === "string" ? chars : undefined, "lr");

const quote = (value: Value): string =>
  encodeURIComponent(textOf(value)).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

function urlEncode(value: Value): string {
  if (typeof value === "string") return quote(value).replaceAll("%2F", "/");
  if (!(value instanceof Dict) && !isList(value) && !(value instanceof Tuple)) return quote(value).replaceAll("%2F", "/");
  const pairs = value instanceof Dict ? value.entries() : itemsOf(value).map(itemsOf);
  for (const [key = "", member = ""] of pairs) charge(1 + textOf(key).length + textOf(member).length);
  return pairs.map(([key = "", member = ""]) => `${quote(key)}=${quote(member)}`.replaceAll("%20", "+")).join("&");
}

function fileSize(value: Value, binary: boolean): string {
  const read = readNumber(value);
  if (read === undefined) throw typeError("float() argument must be a string or a real number");
  const bytes = toDouble(read);
  const base = binary ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const units = [...(binary ? "KMGTPEZY" : "kMGTPEZY")];
  const at =
    Math.max(
      units.findIndex((_, index) => bytes < base ** (index + 2)),
      0,
    ) || (bytes < base ** 2 ? 0 : units.length - 1);
  return `${((base * bytes) / base ** (at + 2)).toFixed(1)} ${units[at]}${binary ? "iB" : "B"}`;
}

const text = (params: string, run: (text: string, given: (Value | undefined)[]) => Value): Filter =>
  filter(params, (value, given) => run(textOf(value), given));
const escaped = text("", escapeHtml);

function requireText(value: Value): string {
  refuseUndefined(value);
  if (typeof value !== "string") throw new TemplateError("AttributeError", "the value is no text");
  return value;
}

/** The filters from text to text. */
export const TEXT_FILTERS: readonly (readonly [string, Filter])[] = [
  ["capitalize", text("", (value) => value.slice(0, 1).toUpperCase() + value.slice(1).toLowerCase())],
  ["center", text("width", (value, [width = 80]) => center(value, isInteger(width) ? Number(width) : 80))],
  ["e", escaped],
  ["escape", escaped],
  ["forceescape", escaped],
  ["filesizeformat", filter("binary", (value, [binary = false]) => fileSize(value, isTruthy(binary)))],
  [
    "indent",
    filter("width first blank", (value, [width = 4, first = false, blank = false]) =>
      indent(requireText(value), width, isTruthy(first), isTruthy(blank)),
    ),
  ],
  ["lower", text("", (value) => value.toLowerCase())],
  ["upper", text("", (value) => value.toUpperCase())],
  [
    "replace",
    text("old new count", (value, [old = "", by = "", limit = null]) =>
      replace(value, textOf(old), textOf(by), limit !== null && isInteger(limit) ? Number(limit) : -1),
    ),
  ],
  ["safe", text("", (value) => value)],
  ["string", text("", (value) => value)],
  ["striptags", text("", stripTags)],
  ["title", text("", title)],
  ["trim", text("chars", (value, [chars]) => trim(value, chars))],
  ["truncate", filter("length killwords end leeway", (value, given) => truncate(requireText(value), given))],
  ["urlencode", filter("", urlEncode)],
  ["wordcount", text("", (value) => integer(BigInt(value.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)))],
];
