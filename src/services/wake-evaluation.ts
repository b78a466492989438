import type { Deps } from "../deps.ts";
import { fromSecondsDuration, type Micros } from "../lib/time.ts";
import { type EvaluationDeps, evaluateNextEvents } from "./evaluate-automations.ts";
import { evaluateDueTriggers } from "./evaluate-proactive-triggers.ts";

type WakeDeps = EvaluationDeps & Pick<Deps, "waitUntil" | "writeCounters">;

/** For how long an isolate believes that no automation is enabled: another isolate may have written one. */
const unwatchedFor = fromSecondsDuration(10);
/** An evaluator that has run for so long was ended with its request. */
const longestRun = fromSecondsDuration(60);
/** The time budget of the background work of one request; cron does what it leaves. */
const timeBudget = fromSecondsDuration(20);

/**
 * Has the events that were written evaluated in the background of a request: by the evaluator that runs, or by a new one. Costs nothing
 * while no automation is enabled. `follow` is what firings make necessary.
 */
export function wakeEvaluation(deps: WakeDeps, follow: () => Promise<unknown> = async () => undefined): void {
  const { evaluation, writeCounters } = deps;
  const now = deps.now();
  const { unwatched, running } = evaluation;
  if (unwatched !== null && now - unwatched.at < unwatchedFor && unwatched.writes === writeCounters.of("automation")) return;
  if (running !== null && now - running < longestRun) {
    evaluation.isWoken = true;
    return;
  }
  evaluation.running = now;
  // The response goes first.
  const work = new Promise((resolve) => setTimeout(resolve)).then(() => evaluateWhileWoken(deps, now + timeBudget, follow));
  deps.waitUntil(work.catch((error) => deps.log("error", { job: "automations", error: String(error) })));
}

/** Returns whether a Proactive trigger is due, as far as this isolate knows: then any request has it evaluated. */
export const isEvaluationDue = ({ evaluation: { due }, now }: Pick<Deps, "evaluation" | "now">): boolean =>
  due !== null && due <= now();

async function evaluateWhileWoken(deps: WakeDeps, end: Micros, follow: () => Promise<unknown>): Promise<void> {
  const { evaluation } = deps;
  try {
    do {
      evaluation.isWoken = false;
      await evaluatePending(deps, end);
      await follow();
    } while (evaluation.isWoken && deps.now() < end);
  } finally {
    evaluation.running = null;
  }
}

/** Evaluates all events that are stored and all Proactive triggers that are due, until a time; returns whether that is all. */
export async function evaluatePending(deps: Omit<WakeDeps, "waitUntil">, end: Micros): Promise<boolean> {
  const { evaluation, writeCounters } = deps;
  for (;;) {
    const writes = writeCounters.of("automation");
    const start = deps.now();
    const step = await evaluateNextEvents(deps);
    evaluation.unwatched = step === "unwatched" ? { at: start, writes } : null;
    if (step === "unwatched" || step === "caught_up") return true;
    if (step === "due") while ((await evaluateDueTriggers(deps, start)) && deps.now() < end);
    if (deps.now() > end) return false;
  }
}
