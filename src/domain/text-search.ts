/** The terms of a text search: at least one of `include` (if any), all of `require`, none of `exclude`. */
export interface TextQuery {
  readonly include: readonly string[];
  readonly require: readonly string[];
  readonly exclude: readonly string[];
}

const kinds = { "+": "require", "-": "exclude", "!": "exclude" } as const;
type Prefix = keyof typeof kinds;
const isPrefix = (character: string | undefined): character is Prefix => character !== undefined && character in kinds;
const isBlank = (character: string | undefined): boolean => character !== undefined && /\s/.test(character);

/** Parses a search text from left to right (`prefect/server/utilities/text_search_parser.py parse_text_search_query`). */
export function parseTextQuery(query: string): TextQuery {
  const found: Record<"include" | "require" | "exclude", string[]> = { include: [], require: [], exclude: [] };
  let at = 0;
  while (at < query.length) {
    const first = query[at];
    if (isBlank(first)) {
      at++;
      continue;
    }
    const next = query[at + 1];
    const prefixed = isPrefix(first) && next !== undefined && !isBlank(next);
    if (isPrefix(first)) at++;
    if (isPrefix(first) && !prefixed) continue;
    const { text, end } = query[at] === '"' ? readPhrase(query, at + 1) : readTerm(query, at);
    at = end;
    if (text.trim() !== "") found[isPrefix(first) ? kinds[first] : "include"].push(text);
  }
  return found;
}

interface Read {
  readonly text: string;
  readonly end: number;
}

function readTerm(query: string, start: number): Read {
  let end = start;
  while (end < query.length && !isBlank(query[end]) && query[end] !== '"') end++;
  return { text: query.slice(start, end), end };
}

// A phrase without a closing quote extends to the end of the query.
function readPhrase(query: string, start: number): Read {
  let text = "";
  let at = start;
  while (at < query.length && query[at] !== '"') {
    const next = query[at + 1];
    const escaped = query[at] === "\\" && (next === '"' || next === "\\");
    text += escaped ? next : query[at];
    at += escaped ? 2 : 1;
  }
  return { text, end: at + 1 };
}
