import type { Micros } from "../../lib/time.ts";
import type { Action } from "../../schemas/automations/actions.ts";
import type { Automation } from "../../schemas/automations/automations.ts";
import type { Labels } from "../events/event.ts";
import type { Firing, SeenEvent } from "./firing.ts";

/** An action of a firing that is to be done (`prefect/server/events/schemas/automations.py TriggeredAction`). */
export interface TriggeredAction<Kind extends Action = Action> {
  readonly invocation: string;
  readonly action_index: number;
  readonly action: Kind;
  readonly automation: Automation;
  readonly firing: Firing;
  readonly triggered: Micros;
  /** The id of the firing's `prefect.automation.triggered` event. */
  readonly triggered_event_id: string;
  /** Of `actions_on_trigger`: the `prefect.automation.triggered` event itself. */
  readonly triggering_event: SeenEvent | null;
  /** How often it was begun, this time included. */
  readonly attempts: number;
  /** How many of its requests were answered before. */
  readonly sent: number;
}

/** A triggered action of one of some types. */
export type Triggered<Type extends Action["type"]> = TriggeredAction<Extract<Action, { readonly type: Type }>>;

/** What the events of an action tell about it: the resources it concerned, and details of its result. */
export interface Told {
  readonly related: readonly Labels[];
  readonly details: Readonly<Record<string, unknown>>;
  /** The block that was loaded, which an event tells. */
  readonly loaded?: { readonly id: string; readonly name: string; readonly slug: string };
}

/**
 * The end of an attempt: `failed` is final, and its reason is told; `interrupted` may succeed another time. No reason contains an address or
 * another secret.
 */
export type ActionOutcome =
  | ({ readonly kind: "executed" } & Told)
  | ({ readonly kind: "failed"; readonly reason: string } & Told)
  | ({ readonly kind: "interrupted"; readonly reason: string; readonly sent: number } & Told);

export const nothingTold: Told = { related: [], details: {} };

export const executed = (told: Told = nothingTold): ActionOutcome => ({ kind: "executed", ...told });
export const failed = (reason: string, told: Told = nothingTold): ActionOutcome => ({ kind: "failed", reason, ...told });

/** An answer of the API, as far as actions depend on it: what the operation would have answered a client. */
export interface ApiAnswer {
  readonly status_code: number;
  readonly detail?: string | undefined;
}

/** Returns the outcome of an action that the API has answered (`prefect/server/events/actions.py reason_from_response`). */
export function answered(type: Action["type"], { status_code, detail }: ApiAnswer, { related, details }: Told): ActionOutcome {
  const told = { related, details: { ...details, status_code } };
  if (status_code < 300) return executed(told);
  return failed(reasonOf(type, status_code, detail), told);
}

/** Returns the reason of an action that the API refused. */
export function reasonOf(type: Action["type"], status_code: number, detail?: string): string {
  if (status_code !== 409 && status_code !== 422) return `Unexpected status from '${type}' action: ${status_code}`;
  return `Validation error occurred for '${type}'${detail === undefined ? "" : ` - ${detail}`}`;
}
