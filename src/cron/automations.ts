import { fromSecondsDuration } from "../lib/time.ts";
import { sweepAutomations } from "../services/evaluate-proactive-triggers.ts";
import { evaluatePending } from "../services/wake-evaluation.ts";
import type { Job } from "./job.ts";

/** The time budget of one tick; the rest is evaluated by the next one. */
const timeBudget = fromSecondsDuration(20);

/** Evaluates the events that no request has had evaluated and the Proactive triggers that are due, and deletes what is over. */
export const automations: Job = {
  name: "automations",
  async run(deps) {
    if (await evaluatePending(deps, deps.now() + timeBudget)) await sweepAutomations(deps);
  },
};
