import { compareTexts } from "../python/index.ts";

export type Step = string | number;

/** One disagreement between a value and a schema. */
export type Fault = {
  message: string;
  path: Step[];
  /** Null for the schema `false`, undefined until the engine fills it in. */
  keyword: string | null | undefined;
  /** Whether the value has the type in the schema. */
  fitsType: boolean;
  /** The faulty value. */
  value: unknown;
  /** The faults of all alternatives of anyOf and oneOf, with paths relative to this fault's value. */
  context: readonly Fault[];
};

const WEAK: ReadonlySet<string | null | undefined> = new Set(["anyOf", "oneOf"]);

function comparePaths(one: readonly Step[], two: readonly Step[]): number {
  const length = Math.min(one.length, two.length);
  for (let index = 0; index < length; index++) {
    const [a = "", b = ""] = [one[index], two[index]];
    const order = typeof a === "number" && typeof b === "number" ? a - b : compareTexts(String(a), String(b));
    if (order !== 0) return order;
  }
  return one.length - two.length;
}

/** Orders faults by relevance, the least relevant first: deep before shallow, then by path, then the weak keywords. */
function compareRelevance(one: Fault, two: Fault): number {
  return (
    two.path.length - one.path.length ||
    comparePaths(one.path, two.path) ||
    Number(!WEAK.has(one.keyword)) - Number(!WEAK.has(two.keyword)) ||
    Number(!one.fitsType) - Number(!two.fitsType)
  );
}

/**
 * Returns the fault to report, with its full path, or undefined when there is none: the shallowest and last one, and below anyOf
 * and oneOf the deepest of the alternatives, if it is unique. The rule is python-jsonschema's `best_match`.
 */
export function mostRelevant(faults: Iterable<Fault>): Fault | undefined {
  let best: Fault | undefined;
  for (const fault of faults) if (best === undefined || compareRelevance(fault, best) > 0) best = fault;
  if (best === undefined) return undefined;
  const path = [...best.path];
  while (best.context.length > 0) {
    const [first, second]: Fault[] = [...best.context].sort(compareRelevance);
    if (first === undefined || (second !== undefined && compareRelevance(first, second) === 0)) break;
    path.push(...first.path);
    best = first;
  }
  return { ...best, path };
}

/** Returns a path as `a.b[0]['c d']`; empty for the root. */
export function pathText(path: readonly Step[]): string {
  let text = "$";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[a-zA-Z][a-zA-Z0-9_]*$/.test(step)) text += `.${step}`;
    else text += `['${step.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}']`;
  }
  return text === "$" ? "" : text.replaceAll("$.", "");
}
