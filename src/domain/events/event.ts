import { type JsonObject, stringifyJson } from "../../lib/json.ts";
import { formatTime, type Micros } from "../../lib/time.ts";

/** The labels of a resource; `prefect.resource.id` is always there, `prefect.resource.role` on related ones. */
export type Labels = Record<string, string>;

/** An event as it was sent or as the server tells it. */
export interface Event {
  readonly id: string;
  readonly occurred: Micros;
  readonly event: string;
  readonly resource: Labels;
  readonly related: readonly Labels[];
  readonly payload: JsonObject;
  readonly follows: string | null;
}

/** The largest event that is kept, in bytes of its JSON with `received`. */
export const maximumEventBytes = 1_500_000;

/** Returns how many bytes an event takes as JSON, at least where it comes near the maximum; below, its characters. */
export function eventSize(event: Event, received: Micros): number {
  const wire = { ...event, occurred: formatTime(event.occurred), received: formatTime(received) };
  const text = stringifyJson(wire);
  return text.length * 3 <= maximumEventBytes ? text.length : new TextEncoder().encode(text).length;
}
