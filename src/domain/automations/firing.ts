import type { JsonObject } from "../../lib/json.ts";
import type { Trigger } from "../../schemas/automations/triggers.ts";
import type { Labels } from "../events/event.ts";

/** An event in the wire form, as firings carry it and templates see it. */
export interface SeenEvent {
  readonly id: string;
  readonly occurred: string;
  readonly event: string;
  readonly resource: Labels;
  readonly related: readonly Labels[];
  readonly payload: JsonObject;
  readonly follows: string | null;
  readonly received: string;
}

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
  readonly triggering_event: SeenEvent | null;
}
