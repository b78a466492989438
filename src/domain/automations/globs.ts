/**
 * Returns whether a text matches a pattern as Python's `fnmatch.fnmatchcase` has it: `*`, `?`, `[abc]`, `[!a-c]`. The time is bounded by the
 * product of both lengths: a `*` is only tried again for the last one.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  if (!literalPrefix(pattern).isWild) return pattern === text;
  const tokens = tokensOf(pattern);
  let at = 0;
  let token = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const here = tokens[token];
    if (here === any) {
      star = token++;
      resume = at;
    } else if (here?.(text.charAt(at))) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  while (tokens[token] === any) token++;
  return token === tokens.length;
}

type Token = (char: string) => boolean;

// Stands for `*`; never called for a character.
const any: Token = () => true;
const one: Token = () => true;

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < pattern.length; ) {
    const char = pattern.charAt(i);
    const end = char === "[" ? endOfClass(pattern, i + 1) : -1;
    if (end > 0) {
      tokens.push(classOf(pattern.slice(i + 1, end)));
      i = end + 1;
      continue;
    }
    tokens.push(char === "*" ? any : char === "?" ? one : (other) => other === char);
    i++;
  }
  return tokens;
}

// The first `]` behind the start, where a leading `!` and a `]` at the first place belong to the class; -1: the bracket is literal.
function endOfClass(pattern: string, start: number): number {
  let i = start;
  if (pattern.charAt(i) === "!") i++;
  return pattern.indexOf("]", pattern.charAt(i) === "]" ? i + 1 : i);
}

function classOf(content: string): Token {
  const negated = content.startsWith("!");
  const members = negated ? content.slice(1) : content;
  const isMember = (char: string) => {
    for (let i = 0; i < members.length; i++) {
      const first = members.charAt(i);
      const isRange = members.charAt(i + 1) === "-" && i + 2 < members.length;
      if (isRange ? first <= char && char <= members.charAt(i + 2) : first === char) return true;
      if (isRange) i += 2;
    }
    return false;
  };
  return (char) => isMember(char) !== negated;
}

/** Returns the text before the first wildcard of a pattern, and whether there is one. */
export function literalPrefix(pattern: string): { readonly prefix: string; readonly isWild: boolean } {
  const first = pattern.search(/[*?[]/);
  return first < 0 ? { prefix: pattern, isWild: false } : { prefix: pattern.slice(0, first), isWild: true };
}
