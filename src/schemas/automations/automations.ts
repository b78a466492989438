import type { Action } from "./actions.ts";
import type { Trigger } from "./triggers.ts";

/** An automation as in responses; times are in the wire form. */
export interface Automation {
  readonly id: string;
  readonly created: string;
  readonly updated: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly trigger: Trigger;
  readonly actions: readonly Action[];
  readonly actions_on_trigger: readonly Action[];
  readonly actions_on_resolve: readonly Action[];
}
