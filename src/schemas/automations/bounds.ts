import { stringifyJson } from "../../lib/json.ts";

/** The bounds of an automation: it is read again for each event that it may concern, and stored with each of its firings. */
export const automationBounds = {
  /** Levels of triggers in each other, and triggers of one automation together. */
  levels: 10,
  triggers: 100,
  /** Names of events, and labels of `for_each`, in one list. */
  names: 1000,
  /** Alternative resources of `match_related`, labels of one resource, and values of one label. */
  resources: 50,
  labels: 100,
  values: 1000,
  /** Characters of one name, label or value, and wildcards in it. */
  text: 5000,
  wildcards: 64,
  /** The actions of one list. */
  actions: 100,
  /** Characters of the templates of one automation together: a parser takes up to two microseconds for each. */
  templates: 100_000,
  /** Characters of a trigger as JSON, and of a whole automation. */
  trigger: 100_000,
  automation: 600_000,
  /** The longest duration: a hundred years, in microseconds. */
  duration: 3_155_760_000_000_000,
} as const;

/** Returns whether a value's JSON has at most so many characters. */
export const isWithin =
  (most: number) =>
  (value: unknown): boolean =>
    stringifyJson(value).length <= most;

/** Returns the fault of a duration that is too short or too long, null for none. */
export function durationRefusal(micros: number, least = 0): { type: string; message: string } | null {
  if (micros < least) return { type: "greater_than_equal", message: `Input should be greater than or equal to ${least} seconds` };
  if (micros <= automationBounds.duration) return null;
  return { type: "less_than_equal", message: "Input should be less than or equal to 36525 days" };
}
