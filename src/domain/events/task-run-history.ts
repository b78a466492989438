import type { State } from "../states.ts";
import type { TaskRunColumns, TaskRunReport } from "./task-run-reports.ts";

/** How a run is found: by flow run and keys, else by one of the ids by which it was told; the first of them is that of a new one. */
export interface TaskRunIdentity {
  readonly ids: readonly string[];
  readonly flow_run_id: string | null;
  readonly task_key: string;
  readonly dynamic_key: string;
}

/** What becomes of a row whose current state is of `from` or later, and older than `before`. */
export interface TaskRunStep {
  /** The time of the state before in this group; null: there is none, any row older than `before` will do. */
  readonly from: number | null;
  readonly before: number;
  readonly columns: TaskRunColumns;
}

/** All that a group of reports says about one run. */
export interface TaskRunHistory {
  readonly run: TaskRunIdentity;
  /** All states, whatever their age. */
  readonly states: readonly State[];
  /** The state that the row ends in, unless it has a newer one. */
  readonly last: State;
  /** Exactly one of them fits a row that is older than `last`; the first one fits a run that is not there. */
  readonly steps: readonly TaskRunStep[];
}

/**
 * Returns the histories of the runs that a group of reports is about, so that a database can take them in as if the reports had
 * come one after the other, without reading its rows first: a report counts if it is newer than all before it and than the row.
 */
export function taskRunHistories(reports: readonly TaskRunReport[]): TaskRunHistory[] {
  return groupByRun(reports).map((group) => {
    const counting = newerThanAllBefore(group);
    const steps: TaskRunStep[] = [];
    let columns: TaskRunColumns = {};
    for (let i = counting.length - 1; i >= 0; i--) {
      const report = counting[i];
      if (report === undefined) continue;
      columns = { ...report.columns, ...columns };
      steps.unshift({ from: counting[i - 1]?.state.timestamp ?? null, before: report.state.timestamp, columns });
    }
    const newest = counting.at(-1) ?? group[0];
    const { flow_run_id, task_key, dynamic_key } = newest;
    const ids = [...new Set(group.map((report) => report.task_run_id))];
    const states = group.map((report) => report.state);
    return { run: { ids, flow_run_id, task_key, dynamic_key }, states, last: newest.state, steps };
  });
}

type Group = [TaskRunReport, ...TaskRunReport[]];

const keyOf = ({ flow_run_id, task_key, dynamic_key }: TaskRunReport): string | null =>
  flow_run_id === null ? null : JSON.stringify([flow_run_id, task_key, dynamic_key]);

function groupByRun(reports: readonly TaskRunReport[]): Group[] {
  const groups: Group[] = [];
  const known = new Map<string, Group>();
  for (const report of reports) {
    const key = keyOf(report);
    const existing = (key === null ? undefined : known.get(key)) ?? known.get(report.task_run_id);
    const group: Group = existing ?? [report];
    if (existing === undefined) groups.push(group);
    else existing.push(report);
    known.set(report.task_run_id, group);
    if (key !== null) known.set(key, group);
  }
  return groups;
}

function newerThanAllBefore(group: Group): TaskRunReport[] {
  let newest = Number.NEGATIVE_INFINITY;
  return group.filter(({ state }) => {
    const counts = state.timestamp > newest;
    if (counts) newest = state.timestamp;
    return counts;
  });
}
