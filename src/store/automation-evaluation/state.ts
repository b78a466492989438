import type { Micros } from "../../lib/time.ts";
import type { Passed } from "./read.ts";

/** What an isolate knows of the evaluation of one workspace. */
export interface EvaluationState {
  /** Changed by each step: the events that need not be read again. */
  passed: Passed | null;
  /** When the next Proactive trigger is due, as far as this isolate knows. */
  due: Micros | null;
  /** When the evaluator that runs in this isolate began; null where none does. */
  running: Micros | null;
  /** Whether events were written while it ran. */
  isWoken: boolean;
  /** No automation was enabled, as of this time and this many writes of automations. */
  unwatched: { readonly at: Micros; readonly writes: number } | null;
}

/** Returns the state of an isolate that knows nothing. */
export const evaluationState = (): EvaluationState => ({
  passed: null,
  due: null,
  running: null,
  isWoken: false,
  unwatched: null,
});
