import * as z from "zod";
import { isJsonObject } from "../lib/json.ts";
import { integer, jsonObject, lenient, number, optional, timestamp, uuid, wireTime } from "./common.ts";
import { withDefault } from "./filters/bodies.ts";
import { eventFilter } from "./filters/events.ts";
import { list, requestBounds } from "./lists.ts";

const resourceId = "prefect.resource.id";
const resourceRole = "prefect.resource.role";

const maximumLabels = 500;
const maximumRelated = 100;
const maximumName = 1024;

/** The labels of a resource: strings by name, of which the required ones are not empty. */
function labelsWith(id: string, required: readonly string[]) {
  return lenient<Record<string, string>>({ type: "object", additionalProperties: { type: "string" } }, (input) => {
    if (!isJsonObject(input)) return { type: "dict_type", message: "Input should be a valid dictionary" };
    if (!isTexts(input)) return { type: "string_type", message: "Input should be a valid string" };
    const absent = required.find((name) => !Object.hasOwn(input, name) || input[name] === "");
    if (absent !== undefined) return { type: "value_error", message: `Value error, ${id} must include the ${absent} label` };
    return Object.keys(input).length > maximumLabels
      ? { type: "value_error", message: `Value error, the maximum number of labels per resource is ${maximumLabels}` }
      : { value: input };
  }).meta({ id });
}

const isTexts = (input: Record<string, unknown>): input is Record<string, string> =>
  Object.values(input).every((value) => typeof value === "string");

const resource = labelsWith("Resource", [resourceId]);
const relatedResource = labelsWith("RelatedResource", [resourceId, resourceRole]);

const isShort = (text: string) => text.length <= maximumName || [...text].length <= maximumName;

/** An event as clients send it; unknown members are dropped. */
export const event = z
  .object({
    id: uuid(),
    occurred: timestamp(),
    event: z.string().refine(isShort, `String should have at most ${maximumName} characters`),
    resource,
    related: list(relatedResource, maximumRelated).default([]),
    payload: jsonObject().default({}),
    follows: uuid().nullable().default(null),
  })
  .register(z.globalRegistry, { id: "Event" });

export const eventsCreate = list(event, requestBounds.records);

/** An event as in responses. */
export const receivedEvent = z
  .object({
    id: uuid(),
    occurred: wireTime(),
    event: z.string(),
    resource,
    related: z.array(relatedResource),
    payload: jsonObject(),
    follows: uuid().nullable(),
    received: wireTime(),
  })
  .register(z.globalRegistry, { id: "ReceivedEvent" });
export type ReceivedEvent = z.input<typeof receivedEvent>;

export const maximumEventPage = 50;

export const eventList = z.object({
  filter: optional(eventFilter),
  limit: withDefault(integer({ min: 0, max: maximumEventPage }), maximumEventPage),
});

export const eventPage = z
  .object({ events: z.array(receivedEvent), total: z.number().int(), next_page: z.string().nullable() })
  .meta({ id: "EventPage" });

export const nextPageQuery = z.object({ "page-token": z.string() });

const count = z.int().min(0);

/**
 * The contents of a page token: the filter with its window, and the position where the last page ended ([occurred, position]).
 */
export const eventPageToken = z.object({
  filter: eventFilter,
  total: count,
  limit: count.max(maximumEventPage),
  offset: count,
  after: z.tuple([z.int(), count]),
});

export const countable = z.enum(["day", "time", "event", "resource"]).meta({ id: "Countable" });
export type Countable = z.output<typeof countable>;

export const timeUnits = ["week", "day", "hour", "minute", "second"] as const;
export const timeUnit = z.enum(timeUnits).register(z.globalRegistry, { id: "TimeUnit" });
export type TimeUnit = z.output<typeof timeUnit>;

export const eventCountBody = z.object({
  filter: eventFilter,
  time_unit: withDefault(timeUnit, "day"),
  time_interval: withDefault(number({ min: 0.01 }), 1),
});

export const eventCount = z
  .object({
    value: z.string(),
    label: z.string(),
    count: z.number().int(),
    start_time: wireTime(),
    end_time: wireTime(),
  })
  .meta({ id: "EventCount" });
export type EventCount = z.input<typeof eventCount>;
