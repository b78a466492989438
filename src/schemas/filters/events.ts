import * as z from "zod";
import { boolean, lenient, optional, timestamp, uuid } from "../common.ts";
import { isJsonObject } from "../json.ts";
import { searchText } from "./logs.ts";
import { members, texts } from "./members.ts";

/** Patterns by label: `*` and `?` are wildcards, a leading `!` negates one text. */
export type LabelPatterns = Record<string, string | readonly string[]>;

const isText = (value: unknown): value is string => typeof value === "string";
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

function isLabelPatterns(input: Record<string, unknown>): input is LabelPatterns {
  return Object.values(input).every((value) => isText(value) || isTexts(value));
}

const texting = { type: "string" };

/** A text or a list of texts by label. */
export const resourceSpecification = lenient<LabelPatterns>(
  { type: "object", additionalProperties: { anyOf: [texting, { type: "array", items: texting }] } },
  (input) => {
    if (!isJsonObject(input)) return { type: "dict_type", message: "Input should be a valid dictionary" };
    return isLabelPatterns(input) ? { value: input } : { type: "string_type", message: "Input should be a valid string" };
  },
).meta({ id: "ResourceSpecification" });

const labels = () => optional(resourceSpecification);

const oneOrMore = <T extends z.ZodType>(schema: T) => optional(z.union([schema, z.array(schema)]));

const related = members("EventRelatedFilter", {
  id: texts(),
  role: texts(),
  resources_in_roles: optional(z.array(z.tuple([z.string(), z.string()]))),
  labels: labels(),
});

const anyResource = members("EventAnyResourceFilter", { id: texts(), id_prefix: texts(), labels: labels() });

/** What of an event can be asked for. `occurred`, `id` and `order` may not be null. */
export const eventFilter = members("EventFilter", {
  occurred: members("EventOccurredFilter", { since: timestamp().optional(), until: timestamp().optional() }).optional(),
  event: optional(members("EventNameFilter", { prefix: texts(), exclude_prefix: texts(), name: texts(), exclude_name: texts() })),
  resource: optional(
    members("EventResourceFilter", { id: texts(), id_prefix: texts(), labels: labels(), distinct: boolean().default(false) }),
  ),
  related: oneOrMore(related),
  any_resource: oneOrMore(anyResource),
  id: members("EventIDFilter", { id: optional(z.array(uuid())) }).optional(),
  text: optional(members("EventTextFilter", { query: searchText() })),
  order: z.enum(["ASC", "DESC"]).default("DESC").meta({ id: "EventOrder" }),
});

export type EventFilter = z.output<typeof eventFilter>;
export type EventRelatedFilter = z.output<typeof related>;
export type EventAnyResourceFilter = z.output<typeof anyResource>;
