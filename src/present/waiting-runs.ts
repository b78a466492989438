import type * as z from "zod";
import { reasonsToWait, type WaitingRun } from "../domain/waiting-run.ts";
import { formatTime, type Micros } from "../lib/time.ts";
import type { waitingRun } from "../schemas/waiting-runs.ts";

/** Returns why a flow run waits, as the API shows it. */
export function presentWaitingRun(flow_run_id: string, run: WaitingRun, now: Micros): z.output<typeof waitingRun> {
  const isLate = run.state_type === "SCHEDULED" && run.scheduled !== null && run.scheduled < now;
  return {
    flow_run_id,
    state_type: run.state_type,
    state_name: run.state_name,
    scheduled_time: run.scheduled === null ? null : formatTime(run.scheduled),
    seconds_late: isLate && run.scheduled !== null ? (now - run.scheduled) / 1_000_000 : 0,
    reasons: reasonsToWait(run, now).map(({ kind, message, holders = [] }) => ({
      kind,
      message,
      holders: holders.map(({ since, ...holder }) => ({ ...holder, since: formatTime(since) })),
    })),
  };
}
