import type { Trigger } from "../../schemas/automations/triggers.ts";
import type { ReceivedEvent } from "../../schemas/events.ts";
import type { Labels } from "../events/event.ts";

/** That a trigger has fired, as it is stored and as templates see it (`prefect/server/events/schemas/automations.py Firing`). */
export interface Firing {
  readonly id: string;
  readonly trigger: Trigger;
  readonly trigger_states: readonly ("Triggered" | "Resolved")[];
  /** In the wire form: the time of the clock, not of the event. */
  readonly triggered: string;
  readonly triggering_labels: Labels;
  /** Of a composite trigger: the firings of its triggers. */
  readonly triggering_firings: readonly Firing[];
  readonly triggering_event: ReceivedEvent | null;
}
