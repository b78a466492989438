import { formatTime, type Micros } from "../../lib/time.ts";
import type { Event } from "../events/event.ts";
import type { SeenEvent } from "./firing.ts";

/** An event as it is stored. */
export interface StoredEvent extends Event {
  readonly received: Micros;
}

/** Returns an event in the wire form, as firings carry it. */
export const wireEvent = ({ id, occurred, event, resource, related, payload, follows, received }: StoredEvent): SeenEvent => ({
  id,
  occurred: formatTime(occurred),
  event,
  resource,
  related: [...related],
  payload,
  follows,
  received: formatTime(received),
});
