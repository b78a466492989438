// Patterns of schemas are written for Python's `re`; this turns them into the engine's own dialect (flag u).

const cache = new Map<string, RegExp | null>();
const CACHE_SIZE = 200;

const groupStart = /^\(\?P(<\w+>)|^\(\?P=(\w+)\)|^\(\?#[^)]*\)/;
const leadingFlags = /^\(\?([aimsux]+)\)/;
const quantifier = /^\{(\d*)(,?)(\d*)\}/;
const WORD = "\\p{L}\\p{N}_";
const outside = new Map([
  ["A", "(?<![\\s\\S])"],
  ["Z", "(?![\\s\\S])"],
  ["w", `[${WORD}]`],
  ["W", `[^${WORD}]`],
  ["d", "\\p{Nd}"],
  ["D", "\\P{Nd}"],
  ["a", "\\x07"],
]);
const inside = new Map([
  ["w", WORD],
  ["d", "\\p{Nd}"],
  ["D", "\\P{Nd}"],
  ["a", "\\x07"],
]);

/** Returns the regular expression for a Python pattern, or null when it is none. */
export function pythonRegex(pattern: string): RegExp | null {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const made = compile(pattern);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(pattern, made);
  return made;
}

function compile(pattern: string): RegExp | null {
  const flags = leadingFlags.exec(pattern);
  const rest = flags === null ? pattern : pattern.slice(flags[0].length);
  const wanted = [...(flags?.[1] ?? "")].filter((flag) => "ims".includes(flag));
  try {
    return new RegExp(translate(rest, wanted.includes("m")), ["u", ...new Set(wanted)].join(""));
  } catch {
    return null;
  }
}

/** Returns the part at the start of `rest` in the engine's dialect and how many characters it covers. */
function translatePart(rest: string, inClass: boolean, multiline: boolean): [string, number] {
  const character = rest[0] ?? "";
  if (character === "\\") return translateEscape(rest, inClass);
  if (inClass) return [character, 1];
  if (character === "(") {
    // JavaScript's named groups are no Python; a star behind the parenthesis is an error in both.
    if (/^\(\?<(?![=!])/.test(rest)) return ["(*", 1];
    const group = groupStart.exec(rest);
    if (group === null) return ["(", 1];
    if (group[1] !== undefined) return [`(?${group[1]}`, group[0].length];
    return [group[2] === undefined ? "" : `\\k<${group[2]}>`, group[0].length];
  }
  if (character === "$" && !multiline) return ["(?=\\n?(?![\\s\\S]))", 1];
  if (character === ".") return [".", 1];
  if (character === "{") {
    const counts = quantifier.exec(rest);
    if (counts === null || (counts[1] === "" && counts[3] === "")) return ["\\{", 1];
    return [`{${counts[1] || "0"}${counts[2]}${counts[3]}}`, counts[0].length];
  }
  if (character === "}" || character === "]") return [`\\${character}`, 1];
  return [character, 1];
}

function translateEscape(rest: string, inClass: boolean): [string, number] {
  const escaped = String.fromCodePoint(rest.codePointAt(1) ?? 92);
  const wide = /^\\U([0-9a-fA-F]{8})/.exec(rest);
  if (wide !== null) return [`\\u{${wide[1]}}`, 10];
  const special = (inClass ? inside : outside).get(escaped);
  if (special !== undefined) return [special, 2];
  if (/[a-zA-Z0-9]/.test(escaped) || /[\^$\\.*+?()[\]{}|/]/.test(escaped) || (inClass && escaped === "-"))
    return [`\\${escaped}`, 2];
  return [escaped, 1 + escaped.length];
}

function translate(pattern: string, multiline: boolean): string {
  let out = "";
  let inClass = false;
  let index = 0;
  while (index < pattern.length) {
    const rest = pattern.slice(index);
    if (!inClass && rest[0] === "[") {
      // A bracket right behind the opening one is a member of the class, not its end.
      const opening = /^\[\^?\]?/.exec(rest)?.[0] ?? "[";
      out += opening.replace("]", "\\]");
      inClass = true;
      index += opening.length;
    } else if (inClass && rest[0] === "]") {
      out += "]";
      inClass = false;
      index += 1;
    } else {
      const [part, length] = translatePart(rest, inClass, multiline);
      out += part;
      index += length;
    }
  }
  return out;
}
