import type { EventTrigger, ResourceSpecification } from "../../schemas/automations/triggers.ts";
import type { Event, Labels } from "../events/event.ts";
import { literalPrefix, matchesGlob } from "./globs.ts";

/** Returns whether a value fits one of a specification; a leading `!` negates (`prefect/server/events/schemas/events.py matches`). */
function matches(expected: string, value: string): boolean {
  return expected.startsWith("!") ? !matchesGlob(expected.slice(1), value) : matchesGlob(expected, value);
}

const isAny = (patterns: readonly string[], name: string): boolean => patterns.some((pattern) => matches(pattern, name));

/** Returns whether an event of this name opens a window of the trigger. */
export const startsAfter = (trigger: EventTrigger, name: string): boolean => isAny(trigger.after, name);

/** Returns whether an event of this name counts for the trigger. */
export const expects = (trigger: EventTrigger, name: string): boolean =>
  trigger.expect.length === 0 || isAny(trigger.expect, name);

/** Returns whether a trigger is concerned by an event (`prefect/server/events/triggers.py find_interested_triggers`). */
export const covers = (trigger: EventTrigger, event: Pick<Event, "event" | "resource" | "related">): boolean =>
  coversName(trigger, event.event) && coversResources(trigger, event);

// The reference asks twice: by the whole name, where `?` and `[` are wildcards, and by a regular expression for its beginning, where they
// are literal and `*` stands for at least one character.
function coversName({ expect, after }: EventTrigger, name: string): boolean {
  if (expect.length === 0) return name !== "";
  const patterns = [...expect, ...after];
  return patterns.some((pattern) => matchesGlob(pattern, name)) && patterns.some((pattern) => begins(pattern, name));
}

function begins(pattern: string, name: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  if (!name.startsWith(first)) return false;
  let end = first.length;
  for (const part of others) {
    const found = name.indexOf(part, end + 1);
    if (found < 0 || end + 1 > name.length) return false;
    end = found + part.length;
  }
  return true;
}

function coversResources(
  { match, match_related }: EventTrigger,
  { resource, related }: Pick<Event, "resource" | "related">,
): boolean {
  const specifications = Array.isArray(match_related) ? match_related : [match_related];
  return includes(match, [resource]) && specifications.every((specification) => includes(specification, related));
}

const includes = (specification: ResourceSpecification, resources: readonly Labels[]): boolean =>
  Object.keys(specification).length === 0 || resources.some((resource) => fits(specification, resource));

function fits(specification: ResourceSpecification, resource: Labels): boolean {
  return Object.entries(specification).every(([label, expected]) => {
    if (!Object.hasOwn(resource, label)) return false;
    const value = resource[label] ?? "";
    return valuesOf(expected).some((one) => matches(one, value));
  });
}

const valuesOf = (expected: string | readonly string[]): readonly string[] =>
  typeof expected === "string" ? [expected] : expected;

/** A name by which events find a trigger: whole, or the text before its first wildcard. */
export interface NameKey {
  readonly name: string;
  readonly isWild: boolean;
}

/** Returns the names of events that may concern a trigger; a superset of what it covers. */
export function nameKeys({ expect, after }: EventTrigger): NameKey[] {
  if (expect.length === 0) return [{ name: "", isWild: true }];
  return [...new Set([...expect, ...after])].map((pattern) => {
    const { prefix, isWild } = literalPrefix(pattern);
    return { name: prefix, isWild };
  });
}

/** Returns ids of which an event that concerns the trigger has one as its resource or a related one; null: any event may concern it. */
export function resourceKeys({ match, match_related }: EventTrigger): readonly string[] | null {
  const related = Array.isArray(match_related) ? match_related : [match_related];
  return [match, ...related].map(literalIds).find((ids) => ids !== null) ?? null;
}

function literalIds(specification: ResourceSpecification): readonly string[] | null {
  if (!Object.hasOwn(specification, "prefect.resource.id")) return null;
  const ids = valuesOf(specification["prefect.resource.id"] ?? []);
  return ids.some((id) => id.startsWith("!") || literalPrefix(id).isWild) ? null : [...new Set(ids)];
}
