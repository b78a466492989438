import type { State } from "../states.ts";
import type { TaskRunColumns, TaskRunReport } from "./task-run-reports.ts";

/** How a run is looked up: by flow run and keys, else by one of the ids in its reports; a new row gets the first of these ids. */
export interface TaskRunIdentity {
  readonly ids: readonly string[];
  readonly flow_run_id: string | null;
  readonly task_key: string;
  readonly dynamic_key: string;
}

/** The update of a row whose current state is at `from` or later and older than `before`. */
export interface TaskRunStep {
  /** The time of the previous state in this group; null for the first one, which applies to any row older than `before`. */
  readonly from: number | null;
  readonly before: number;
  readonly columns: TaskRunColumns;
}

/** All that a group of reports contains about one run. */
export interface TaskRunHistory {
  readonly run: TaskRunIdentity;
  /** All states, also those older than the row's. */
  readonly states: readonly State[];
  /** The state that the row has afterwards, unless it has a newer one already. */
  readonly last: State;
  /** Exactly one step applies to a row that is older than `last`; the first one applies to a new row. */
  readonly steps: readonly TaskRunStep[];
}

/**
 * Returns the histories of the runs in a group of reports, so that the database can apply them as if the reports had come one by
 * one, without reading its rows first: a report counts if it is newer than all reports before it and than the row.
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
