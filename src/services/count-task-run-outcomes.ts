import type { Deps } from "../deps.ts";
import { finalTypes } from "../domain/states.ts";
import { compileTaskRunFilters } from "../filters/index.ts";
import type { Micros } from "../lib/time.ts";
import type { UiTaskRunDashboard } from "../schemas/ui.ts";
import { countAllOutcomes, countOutcomes } from "../store/ui/task-runs.ts";

const parts = 20;
const minute = 60_000_000;

const wholeMinute = (time: Micros): Micros => Math.floor(time / minute) * minute;

/**
 * Returns the completed and failed task runs in twenty equal parts of a window of whole minutes, null where the window has no start
 * (`prefect/server/api/ui/task_runs.py read_dashboard_task_run_counts`). One round trip.
 */
export async function countTaskRunOutcomes(
  { db, now }: Pick<Deps, "db" | "now">,
  { task_runs, ...filters }: UiTaskRunDashboard,
): Promise<{ completed: number; failed: number }[] | null> {
  const { start_time, ...others } = task_runs;
  const after = start_time?.after_;
  if (after === undefined) return null;
  const window = { start: wholeMinute(after), end: wholeMinute(start_time?.before_ ?? now()) + minute - 1, parts };
  const state = { operator: "and_" as const, type: { any_: [...finalTypes] } };
  const where = compileTaskRunFilters({ ...filters, task_runs: { ...task_runs, state } });
  const isOfAll =
    others.operator !== "or_" &&
    start_time?.is_null_ === undefined &&
    compileTaskRunFilters({ ...filters, task_runs: others }).kind === "always";
  const outcomes = isOfAll
    ? await countAllOutcomes(db, after, start_time?.before_ ?? window.end, window)
    : await countOutcomes(db, where, window);
  const counted = new Map(outcomes.map(({ part, ...outcomes }) => [part, outcomes]));
  return Array.from({ length: parts }, (_, part) => counted.get(part) ?? { completed: 0, failed: 0 });
}
