import { type JsonObject, stringifyJson } from "../../lib/json.ts";
import { formatTime, type Micros } from "../../lib/time.ts";

/** The labels of a resource: always `prefect.resource.id`, and `prefect.resource.role` on related resources. */
export type Labels = Record<string, string>;

/** An event, sent by a client or emitted by the server. */
export interface Event {
  readonly id: string;
  readonly occurred: Micros;
  readonly event: string;
  readonly resource: Labels;
  readonly related: readonly Labels[];
  readonly payload: JsonObject;
  readonly follows: string | null;
}

/** The largest event that is stored, in bytes of its JSON with `received`. */
export const maximumEventBytes = 1_500_000;

/**
 * Returns the size of an event's JSON: in bytes where it may exceed the maximum, else in characters, which are cheaper to count.
 */
export function eventSize(event: Event, received: Micros): number {
  const wire = { ...event, occurred: formatTime(event.occurred), received: formatTime(received) };
  const text = stringifyJson(wire);
  return text.length * 3 <= maximumEventBytes ? text.length : new TextEncoder().encode(text).length;
}
