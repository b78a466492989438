/** Returns whether a code point belongs to a set. */
export type CharacterSet = (codePoint: number) => boolean;

const ASCII = 128;
const CACHE_SIZE = 500;
const cache = new Map<string, CharacterSet>();

/** Returns the set of one character. */
export const exactly =
  (character: number): CharacterSet =>
  (codePoint) =>
    codePoint === character;

/**
 * Returns the set of characters that a part of a regular expression (flag u) matches: the engine's own tables decide about classes
 * and letter case, so that none are carried along.
 */
export function characterSet(source: string, ignoreCase: boolean): CharacterSet {
  const key = `${ignoreCase ? "i" : ""}/${source}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = makeSet(new RegExp(`^(?:${source})$`, ignoreCase ? "iu" : "u"));
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(key, made);
  return made;
}

function makeSet(expression: RegExp): CharacterSet {
  const test = (codePoint: number): boolean => expression.test(String.fromCodePoint(codePoint));
  // 1 for members, -1 for others, 0 for characters not asked for yet.
  const ascii = new Int8Array(ASCII);
  // One step of a match asks for the same character as often as the set stands in the pattern.
  let lastAsked = -1;
  let lastAnswer = false;
  return (codePoint) => {
    if (codePoint < ASCII) {
      if (ascii[codePoint] === 0) ascii[codePoint] = test(codePoint) ? 1 : -1;
      return ascii[codePoint] === 1;
    }
    if (codePoint !== lastAsked) {
      lastAnswer = test(codePoint);
      lastAsked = codePoint;
    }
    return lastAnswer;
  };
}
