import { formatTime } from "../lib/time.ts";
import type { ReceivedEvent } from "../schemas/events.ts";
import type { EventRow } from "../store/tables/events.ts";

/** Returns an event as in responses and streams. */
export const presentEvent = ({ position: _, resource_id: __, ...row }: EventRow): ReceivedEvent => ({
  ...row,
  occurred: formatTime(row.occurred),
  received: formatTime(row.received),
});
