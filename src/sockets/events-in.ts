import type { Deps } from "../deps.ts";
import type { Event } from "../domain/events/event.ts";
import { event as eventSchema } from "../schemas/events.ts";
import { parseSent } from "../schemas/parse-sent.ts";
import { recordEvents } from "../services/record-events.ts";
import { wakeAutomations } from "../services/wake-automations.ts";
import { type Connection, closeCodes, type Message, readSent } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { budgetSpent, isBudgetSpent } from "./open.ts";
import { retryWhileUnavailable } from "./retry.ts";

// No event of a client reaches this size.
const maximumMessage = 16 * 1024 * 1024;

/**
 * Receives events, one per message; all that arrive during one write are stored by the next. There are no acknowledgements: the
 * socket is closed after everything received was stored.
 */
export async function serveEventsIn(connection: Connection, deps: Deps): Promise<Refusal | null> {
  let end: Refusal | null = null;
  for (;;) {
    const messages = await connection.nextBatch();
    if (messages.length === 0) return end;
    const { events, fault } = readEvents(messages);
    if (events.length > 0) {
      await retryWhileUnavailable(deps, () => recordEvents(deps, events));
      wakeAutomations(deps);
    }
    if (fault !== null) return fault;
    if (end === null && isBudgetSpent(deps)) {
      // Messages in transit are accepted until the client has answered the close frame.
      end = budgetSpent;
      deps.log("info", { socket: "/events/in", ...end });
      connection.close(end.code, end.reason);
    }
  }
}

interface ParsedEvents {
  readonly events: readonly Event[];
  /** The first message that is not an event ends the socket; the events before it are stored. */
  readonly fault: Refusal | null;
}

/** Returns the events of messages, and the first fault among them. */
export function readEvents(messages: readonly Message[]): ParsedEvents {
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
