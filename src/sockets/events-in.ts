import type { Deps } from "../deps.ts";
import type { Event } from "../domain/events/event.ts";
import { event as eventSchema } from "../schemas/events.ts";
import { parseSent } from "../schemas/parse-sent.ts";
import { recordEvents } from "../services/record-events.ts";
import { type Connection, closeCodes, type Message, readSent } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { isSpent, spent } from "./open.ts";
import { patiently } from "./patience.ts";

// A message above this is no event of any client.
const maximumMessage = 16 * 1024 * 1024;

/**
 * Takes events, one a message, and stores all that came while the last ones were being stored in one group. Nothing is
 * acknowledged: the socket ends when everything that came was stored.
 */
export async function serveEventsIn(connection: Connection, deps: Deps): Promise<Refusal | null> {
  let end: Refusal | null = null;
  for (;;) {
    const messages = await connection.waiting();
    if (messages.length === 0) return end;
    const { events, fault } = readEvents(messages);
    if (events.length > 0) await patiently(deps, () => recordEvents(deps, events));
    if (fault !== null) return fault;
    if (end === null && isSpent(deps)) {
      // What is still under way is taken until the client has answered.
      end = spent;
      deps.log("info", { socket: "/events/in", ...end });
      connection.close(end.code, end.reason);
    }
  }
}

interface Taken {
  readonly events: readonly Event[];
  /** The first message that is no event ends the socket; those before it count. */
  readonly fault: Refusal | null;
}

function readEvents(messages: readonly Message[]): Taken {
  const events: Event[] = [];
  for (const message of messages) {
    const outcome = readEvent(message);
    if ("code" in outcome) return { events, fault: outcome };
    events.push(outcome);
  }
  return { events, fault: null };
}

function readEvent(message: Message): Event | Refusal {
  if (typeof message !== "string") return { code: closeCodes.unsupportedData, reason: "Expected a text message" };
  if (message.length > maximumMessage) return { code: closeCodes.tooBig, reason: "Message too big" };
  const sent = readSent(message);
  if (sent === undefined) return { code: closeCodes.invalidData, reason: "Expected JSON" };
  const outcome = parseSent(eventSchema, sent);
  if (outcome.success) return outcome.data;
  const [issue] = outcome.error.issues;
  return { code: closeCodes.invalidData, reason: `Invalid event: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` };
}
