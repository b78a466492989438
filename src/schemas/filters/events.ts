import * as z from "zod";
import { isJsonObject } from "../../lib/json.ts";
import { boolean, lenient, optional, timestamp, uuid } from "../common.ts";
import { list, requestBounds } from "../lists.ts";
import { searchText } from "./logs.ts";
import { members, texts, wildcardsOf } from "./members.ts";

/** Patterns by label: `*` and `?` are wildcards, a leading `!` negates one text. */
export type LabelPatterns = Record<string, string | readonly string[]>;

const isText = (value: unknown): value is string => typeof value === "string";
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

function isLabelPatterns(input: Record<string, unknown>): input is LabelPatterns {
  return Object.values(input).every((value) => isText(value) || isTexts(value));
}

const texting = { type: "string" };

/** A string or a list of strings by label. */
export const resourceSpecification = lenient<LabelPatterns>(
  { type: "object", additionalProperties: { anyOf: [texting, { type: "array", items: texting }] } },
  (input) => {
    if (!isJsonObject(input)) return { type: "dict_type", message: "Input should be a valid dictionary" };
    if (!isLabelPatterns(input)) return { type: "string_type", message: "Input should be a valid string" };
    const refusal = refusalOfPatterns(Object.values(input).flat());
    return refusal === null ? { value: input } : { type: "value_error", message: `Value error, ${refusal}` };
  },
).meta({ id: "ResourceSpecification" });

// The database recurses at each `*`, and may compare each character of a label with each of a pattern: the bounds limit that.
function refusalOfPatterns(patterns: readonly string[]): string | null {
  const { labels, pattern, text, wildcards } = requestBounds;
  if (patterns.length > labels) return `a resource specification has at most ${labels} patterns`;
  if (patterns.some((one) => one.length > (hasWildcards(one) ? pattern : text)))
    return `a pattern has at most ${pattern} characters, ${text} without wildcards`;
  return patterns.some((one) => wildcardsOf(one, "*") > wildcards) ? `a pattern has at most ${wildcards} wildcards` : null;
}

const hasWildcards = (text: string): boolean => /[*?]/.test(text);

const prefixes = () => texts(requestBounds.prefixes);
const labels = () => optional(resourceSpecification);

const oneOrMore = <T extends z.ZodType>(schema: T) => optional(z.union([schema, list(schema, requestBounds.resources)]));

const related = members("EventRelatedFilter", {
  id: texts(),
  role: texts(),
  resources_in_roles: optional(list(z.tuple([z.string(), z.string()]))),
  labels: labels(),
});

const anyResource = members("EventAnyResourceFilter", { id: texts(), id_prefix: prefixes(), labels: labels() });

type Labelled = { readonly labels?: LabelPatterns | undefined };
interface Asked {
  readonly resource?: Labelled | undefined;
  readonly related?: Labelled | readonly Labelled[] | undefined;
  readonly any_resource?: Labelled | readonly Labelled[] | undefined;
}

/** Returns whether the patterns of all labels of a filter are few, and those with wildcards short, in total. */
function fewPatterns({ resource, related, any_resource }: Asked): boolean {
  const all = [resource ?? [], related ?? [], any_resource ?? []].flat();
  const patterns = all.flatMap(({ labels }) => Object.values(labels ?? {}).flat());
  const characters = patterns.filter(hasWildcards).reduce((sum, pattern) => sum + pattern.length, 0);
  return patterns.length <= requestBounds.labelsTogether && characters <= requestBounds.patternsTogether;
}

/** The conditions on an event. `occurred`, `id` and `order` may not be null. */
export const eventFilter = z
  .strictObject({
    occurred: members("EventOccurredFilter", { since: timestamp().optional(), until: timestamp().optional() }).optional(),
    event: optional(
      members("EventNameFilter", { prefix: prefixes(), exclude_prefix: prefixes(), name: texts(), exclude_name: texts() }),
    ),
    resource: optional(
      members("EventResourceFilter", {
        id: texts(),
        id_prefix: prefixes(),
        labels: labels(),
        distinct: boolean().default(false),
      }),
    ),
    related: oneOrMore(related),
    any_resource: oneOrMore(anyResource),
    id: members("EventIDFilter", { id: optional(list(uuid())) }).optional(),
    text: optional(members("EventTextFilter", { query: searchText() })),
    order: z.enum(["ASC", "DESC"]).default("DESC").meta({ id: "EventOrder" }),
  })
  .refine(fewPatterns, {
    message: `Value error, an event filter has at most ${requestBounds.labelsTogether} patterns with ${requestBounds.patternsTogether} characters`,
  })
  .register(z.globalRegistry, { id: "EventFilter" });

export type EventFilter = z.output<typeof eventFilter>;
export type EventRelatedFilter = z.output<typeof related>;
export type EventAnyResourceFilter = z.output<typeof anyResource>;
