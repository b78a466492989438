import { chargeWork, schemaBounds, TooMuchWork } from "../work.ts";

interface Group {
  readonly quantified: boolean;
  readonly alternatives: boolean;
}

const quantifier = /(?:[*+]|\{\d+(?:,\d*)?\})\??/y;
const backReference = /\\(?:[1-9]|k<)/y;

/**
 * Returns the number of unbounded repetitions in a pattern; Infinity where a repetition or an alternative is inside of a repeated
 * group, so that matching may take exponential time.
 */
export function openPartsOf(source: string): number {
  const open: Group[] = [];
  let group: Group = { quantified: false, alternatives: false };
  let closed: Group | null = null;
  let parts = 0;
  for (let at = 0; at < source.length; ) {
    quantifier.lastIndex = at;
    const found = quantifier.exec(source)?.[0];
    if (found !== undefined && found !== "{1}") {
      if (closed?.quantified || closed?.alternatives) return Number.POSITIVE_INFINITY;
      parts += 1;
      group = { ...group, quantified: true };
      closed = null;
      at += found.length;
      continue;
    }
    closed = null;
    const character = source[at];
    if (character === "[") at = endOfClass(source, at);
    else if (character === "\\") {
      backReference.lastIndex = at;
      if (backReference.test(source)) parts += 1;
      at += 2;
    } else {
      if (character === "(") {
        open.push(group);
        group = { quantified: false, alternatives: false };
      } else if (character === ")") {
        closed = group;
        const outer = open.pop() ?? group;
        group = { quantified: outer.quantified || group.quantified, alternatives: outer.alternatives || group.alternatives };
      } else if (character === "|") group = { ...group, alternatives: true };
      at += 1;
    }
  }
  return parts;
}

function endOfClass(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== "]") at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Tests with a backtracking expression, if its form and the text's length bound the number of steps. */
export function testBounded(expression: RegExp, openParts: number, text: string): boolean {
  const steps = (text.length + 1) ** (openParts + 1);
  if (steps > schemaBounds.backtracking) throw new TooMuchWork();
  chargeWork(steps);
  return expression.test(text);
}
