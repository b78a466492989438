import type { ActionOutcome } from "../../domain/automations/triggered-action.ts";
import type { Micros } from "../../lib/time.ts";

/** What the senders of one workspace in an isolate share: one does actions at a time. */
export interface ActionSender {
  /** Until when the running one may work; a request that is cut off leaves it behind. */
  busyUntil: Micros;
  /** Whether actions were queued since the running one last looked. */
  woken: boolean;
  /** The counter of writes to the queue when it was last found empty. */
  idleAt: number;
  /** The outcomes of actions whose end could not be stored yet, by invocation: their effect is not repeated. */
  readonly unsettled: Map<string, ActionOutcome>;
}
