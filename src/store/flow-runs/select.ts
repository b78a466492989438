import type { ResultSet } from "../client.ts";
import { packRow, rowMapper, unpackRows } from "../rows.ts";
import { raw, sql } from "../sql/tag.ts";
import { flowRunStateColumns, joinResult, readFlowRunState, type StateRow, stateColumnCount, stateSize } from "../states.ts";
import { type FlowRunRow, flowRun } from "../tables/flow-runs.ts";

export const flowRuns = rowMapper(flowRun);

/** A flow run as it is stored, with its current state and the queue it is in. */
export interface StoredFlowRun {
  readonly run: FlowRunRow;
  readonly state: StateRow | null;
  readonly work_queue: { readonly id: string; readonly name: string } | null;
  readonly work_pool: { readonly id: string; readonly name: string } | null;
}

/** The columns of a flow run (alias r) with all that its answer shows; `readStoredFlowRun` reads them. */
export const flowRunColumns = `${flowRuns.columns("r")}, ${flowRunStateColumns}, q.id, q.name, p.id, p.name`;

/** What is joined to `flow_run r` for `flowRunColumns`: each join finds one row at most. */
export const flowRunJoins = `left join flow_run_state s on s.id = r.state_id ${joinResult}
  left join work_queue q on q.id = r.work_queue_id left join work_pool p on p.id = q.work_pool_id`;

/** A flow run as it is stored, with its current state alone. */
export type RunWithState = Pick<StoredFlowRun, "run" | "state">;

const stateOffset = flowRuns.names.length;
const queueOffset = stateOffset + stateColumnCount;
/** How many columns `flowRunColumns` gives. */
export const flowRunColumnCount = queueOffset + 4;

const named = (id: unknown, name: unknown) => (typeof id === "string" && typeof name === "string" ? { id, name } : null);

export const readStoredFlowRun = (values: ArrayLike<unknown>, offset = 0): StoredFlowRun => ({
  run: flowRuns.row(values, offset),
  state: readFlowRunState(values, offset + stateOffset),
  work_queue: named(values[offset + queueOffset], values[offset + queueOffset + 1]),
  work_pool: named(values[offset + queueOffset + 2], values[offset + queueOffset + 3]),
});

export const readStoredFlowRuns = (result: ResultSet | undefined): StoredFlowRun[] =>
  (result?.rows ?? []).map((values) => readStoredFlowRun(values));

/** Returns the flow runs of a result whose rows are `packRow(flowRunColumns)`, one by one. */
export const unpackStoredFlowRuns = (result: ResultSet | undefined): Iterable<StoredFlowRun> =>
  unpackRows(result).map((values) => readStoredFlowRun(values));

/** How flow runs are read with their current state alone. */
export const runsWithState = {
  columns: sql`${raw(flowRuns.columns("r"))}, ${raw(flowRunStateColumns)}`,
  from: "flow_run r",
  key: "r.id",
  joins: `left join flow_run_state s on s.id = r.state_id ${joinResult}`,
  size: `${flowRuns.size("r")} + ${stateSize}`,
  read: (result: ResultSet): Iterable<RunWithState> =>
    result.rows.values().map((values) => ({ run: flowRuns.row(values), state: readFlowRunState(values, stateOffset) })),
};

/** How flow runs that a statement of ids has chosen are read. */
export const flowRunParts = {
  columns: { sql: packRow(flowRunColumns), args: [] },
  from: "flow_run r",
  key: "r.id",
  joins: flowRunJoins,
  size: `${flowRuns.size("r")} + ${stateSize}`,
  read: unpackStoredFlowRuns,
};
