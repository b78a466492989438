import { awaitingRetry } from "../../states.ts";
import { clampedInterval } from "../clamped-interval.ts";
import type { TaskRunDraft, TaskRunRule } from "../types.ts";
import { makeNow, replaceWith, secondsFrom } from "../verdicts.ts";

function delaySeconds({ run_count, empirical_policy }: TaskRunDraft, random: () => number): number {
  const { retry_delay, retry_jitter_factor } = empirical_policy;
  const base = typeof retry_delay === "number" ? retry_delay : listedDelay(retry_delay ?? [], run_count);
  return retry_jitter_factor !== null && retry_jitter_factor > 0 && base > 0
    ? clampedInterval(base, random(), retry_jitter_factor)
    : base;
}

const listedDelay = (delays: readonly number[], run_count: number): number =>
  delays.at(Math.min(run_count - 1, delays.length - 1)) ?? 0;

/** Replaces FAILED by AwaitingRetry while the task run has retries left and the state is not marked as not retriable. */
export const retryFailedTasks: TaskRunRule = {
  name: "RetryFailedTasks",
  from: ["RUNNING"],
  to: ["FAILED"],
  apply({ context, run, proposed }) {
    const { retries } = run.empirical_policy;
    if (proposed.state_details.retriable === false || retries === null || run.run_count > retries) return null;
    const { message, data } = proposed;
    const at = secondsFrom(context.now, delaySeconds(run, context.random));
    return replaceWith(makeNow(context, awaitingRetry(at, { message, data })), "Retrying");
  },
};
