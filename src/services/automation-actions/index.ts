import type { Deps } from "../../deps.ts";
import { actionEvents } from "../../domain/automations/action-events.ts";
import { type ActionOutcome, nothingTold } from "../../domain/automations/triggered-action.ts";
import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import { type ActionSettled, settleAction, type TakenAction, takeActions } from "../../store/automation-actions/queue.ts";
import { act, triggeredAction } from "./act.ts";

/** Actions that are done at a time: an isolate has six connections. */
const mostAtOnce = 6;
/** Of one automation: the others do not wait for its slow ones. */
const mostOfOne = 3;
/** How long an action belongs to who took it; one that is still there afterwards is done again, because its sender has stopped. */
const lease = fromSecondsDuration(60);
/** How long one sender takes new actions; cron and the next request do the rest. */
const timeBudget = fromSecondsDuration(15);
/** How often a sender that waits for answers looks whether actions were queued meanwhile. */
const pollMs = 100;
/** Before the second, third and fourth attempt; the fourth is the last. */
const pauses: readonly Micros[] = [0, 15, 60].map(fromSecondsDuration);
/** How often an action is begun whose workers stop in the middle of it. */
const mostAttempts = 8;
const mostUnsettled = 1000;

/**
 * Does the actions that firings have queued, until none is due or the time is over; where another request of this isolate does so already, it
 * is told to look again. An action that fails for a reason of its own is done with; one that was interrupted is tried three times more, then
 * given up as a dead letter. Both are told by events, once, in the batch that removes the action from the queue
 * (`prefect/server/events/services/actions.py`). Calls `onEvents` when an action has told its end.
 */
export async function doAutomationActions(deps: Deps, onEvents: () => void = () => undefined): Promise<void> {
  const { actionSender: sender } = deps;
  sender.woken = true;
  if (deps.now() < sender.busyUntil) return;
  const end = deps.now() + timeBudget;
  sender.busyUntil = end + lease;
  const running = new Map<string, { readonly automation_id: string; readonly done: Promise<void> }>();
  try {
    while (sender.woken || running.size > 0) {
      if (sender.woken && running.size < mostAtOnce && deps.now() < end) {
        sender.woken = false;
        const writes = deps.writeCounters.of("automation_action");
        const taken = await take(deps, running);
        if (taken.length === 0 && running.size === 0) sender.idleAt = writes;
        // What was left out because of its number is due when one of these is done.
        if (taken.length > 0) sender.woken = true;
        for (const one of taken) {
          const done = doOne(deps, one, onEvents).finally(() => {
            running.delete(one.row.invocation);
            sender.woken = true;
          });
          running.set(one.row.invocation, { automation_id: one.row.automation_id, done });
        }
        continue;
      }
      if (running.size === 0) return;
      await Promise.race([...Array.from(running.values(), ({ done }) => done), pause()]);
    }
  } finally {
    sender.busyUntil = 0;
  }
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, pollMs));

function take(deps: Deps, running: ReadonlyMap<string, { readonly automation_id: string }>): Promise<TakenAction[]> {
  const counts = Map.groupBy(running.values(), ({ automation_id }) => automation_id);
  const except = Array.from(counts).flatMap(([id, { length }]) => (length >= mostOfOne ? [id] : []));
  const now = deps.now();
  const limit = mostAtOnce - running.size;
  const from = Math.floor(deps.random() * 16 ** 4).toString(16);
  return takeActions(deps.db, { now, until: now + lease, limit, each: Math.min(limit, mostOfOne), except, from });
}

async function doOne(deps: Deps, taken: TakenAction, onEvents: () => void): Promise<void> {
  const { unsettled } = deps.actionSender;
  const { invocation, automation_id, action, attempts } = taken.row;
  const about = { automation: automation_id, action: action.type, invocation, attempts };
  try {
    const outcome = unsettled.get(invocation) ?? (await outcomeOf(deps, taken));
    // Why an action has failed for good, its event tells: the reason may show what events and parameters hold.
    if (outcome.kind !== "executed")
      deps.log("warn", { ...about, ...(outcome.kind === "interrupted" && { reason: outcome.reason }) });
    if (outcome.kind !== "interrupted") remember(unsettled, invocation, outcome);
    const settled = settledBy(deps, taken, outcome);
    await settleAction(deps.db, settled);
    unsettled.delete(invocation);
    if (settled.kind !== "again") onEvents();
  } catch (error) {
    deps.log("error", { ...about, error: kindOf(error) });
  }
}

async function outcomeOf(deps: Deps, taken: TakenAction): Promise<ActionOutcome> {
  const interrupted = (reason: string): ActionOutcome => ({ ...nothingTold, kind: "interrupted", reason, sent: taken.row.sent });
  if (taken.row.attempts > mostAttempts) return interrupted("Its workers have stopped again and again");
  try {
    return await act(deps, triggeredAction(taken));
  } catch (error) {
    return interrupted(kindOf(error));
  }
}

function remember(unsettled: Map<string, ActionOutcome>, invocation: string, outcome: ActionOutcome): void {
  const [oldest] = unsettled.keys();
  if (oldest !== undefined && unsettled.size >= mostUnsettled) unsettled.delete(oldest);
  unsettled.set(invocation, outcome);
}

function settledBy(deps: Deps, taken: TakenAction, outcome: ActionOutcome): ActionSettled {
  const { invocation, firing_id, attempts } = taken.row;
  const common = { invocation, firing_id, attempts };
  const wait = outcome.kind === "interrupted" ? pauses[attempts - 1] : undefined;
  if (outcome.kind === "interrupted" && wait !== undefined)
    return { ...common, kind: "again", due: deps.now() + wait, sent: outcome.sent };
  const events = actionEvents(triggeredAction(taken), outcome, deps);
  const reason = outcome.kind === "executed" ? null : outcome.reason;
  return { ...common, kind: outcome.kind === "interrupted" ? "dead" : "done", reason, events, now: deps.now() };
}

// Only the kind of an unexpected error is told: its text may repeat what a block holds.
const kindOf = (error: unknown): string => (error instanceof Error ? `Unexpected ${error.constructor.name}` : "Unexpected error");
