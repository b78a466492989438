import type { Deps } from "../deps.ts";
import { doAutomationActions } from "./automation-actions/index.ts";
import { wakeEvaluation } from "./wake-evaluation.ts";

/**
 * Has the events that were written evaluated in the background of a request, and the actions of what fires done; the events that these
 * write are evaluated in turn. Actions run beside the evaluation: it does not wait for slow ones.
 */
export function wakeAutomations(deps: Deps): void {
  wakeEvaluation(deps, async () => wakeActions(deps));
}

function wakeActions(deps: Deps): void {
  if (deps.writeCounters.of("automation_action") === deps.actionSender.idleAt) return;
  const work = doAutomationActions(deps, () => wakeAutomations(deps));
  deps.waitUntil(work.catch((error) => deps.log("error", { job: "automation actions", error: String(error) })));
}
