import type { Deps } from "../../deps.ts";
import { target, targetOf } from "../../domain/automations/action-targets.ts";
import { type ActionOutcome, answered, failed, type Triggered } from "../../domain/automations/triggered-action.ts";
import { readWorkPoolName } from "../../store/work-pools/facts.ts";
import { updateWorkPool, updateWorkQueue } from "../update-work-pool.ts";
import { setAutomationEnabled } from "../write-automation.ts";

/** Pauses or resumes a work pool. */
export async function setWorkPoolPaused(
  deps: Deps,
  one: Triggered<"pause-work-pool" | "resume-work-pool">,
): Promise<ActionOutcome> {
  const { action } = one;
  const found = targetOf(one, "work-pool", action.work_pool_id);
  if ("none" in found) return found.none;
  const name = await readWorkPoolName(deps.db, found.id);
  if (name === null) return failed(`Work pool ${found.id} not found`);
  deps.db.about({ id: found.id, name });
  const { kind } = await updateWorkPool(deps.db, name, { is_paused: action.type === "pause-work-pool" }, deps);
  const told = { related: [target("work-pool", found.id, name)], details: {} };
  return answered(action.type, { status_code: kind === "updated" ? 204 : 404 }, told);
}

/** Pauses or resumes a work queue. */
export async function setWorkQueuePaused(
  deps: Deps,
  one: Triggered<"pause-work-queue" | "resume-work-queue">,
): Promise<ActionOutcome> {
  const { action } = one;
  const found = targetOf(one, "work-queue", action.work_queue_id);
  if ("none" in found) return found.none;
  deps.db.about({ id: found.id });
  const update = { is_paused: action.type === "pause-work-queue" };
  const { kind } = await updateWorkQueue(deps.db, { id: found.id }, { update, moveOthers: false }, deps);
  const told = { related: [target("work-queue", found.id)], details: {} };
  return answered(action.type, { status_code: kind === "updated" ? 204 : 404 }, told);
}

/** Pauses or resumes an automation. */
export async function setAutomationPaused(
  deps: Deps,
  one: Triggered<"pause-automation" | "resume-automation">,
): Promise<ActionOutcome> {
  const { action } = one;
  const found = targetOf(one, "automation", action.automation_id);
  if ("none" in found) return found.none;
  deps.db.about({ id: found.id });
  const { kind } = await setAutomationEnabled(deps, found.id, action.type === "resume-automation");
  const told = { related: [target("automation", found.id)], details: {} };
  return answered(action.type, { status_code: kind === "written" ? 204 : kind === "not_found" ? 404 : 422 }, told);
}
