import type { Rows } from "../lib/rows.ts";
import type { Database, ResultSet } from "./client.ts";
import { type List, listOfMatching, readRows } from "./slices.ts";
import { raw, sql } from "./sql/tag.ts";
import {
  readFlowRunState as flowRunStateAt,
  flowRunStateColumns,
  joinResult,
  type StateRow,
  stateSize,
  readTaskRunState as taskRunStateAt,
  taskRunStateColumns,
} from "./states.ts";

const flowRunStates = `select ${flowRunStateColumns} from flow_run_state s ${joinResult}`;
const taskRunStates = `select ${taskRunStateColumns} from task_run_state s ${joinResult}`;

type Reader = (values: ArrayLike<unknown>, offset: number) => StateRow | null;

const all = (result: ResultSet, read: Reader): StateRow[] => result.rows.flatMap((row) => read(row, 0) ?? []);

/** Returns the state of a flow run by its own id, or null. */
export async function readFlowRunState(db: Database, id: string): Promise<StateRow | null> {
  return all(await db.execute(sql`${raw(flowRunStates)} where s.id = ${id}`), flowRunStateAt)[0] ?? null;
}

/** Returns all states of a flow run, oldest first. */
export const listFlowRunStates = (db: Database, flow_run_id: string): Promise<Rows<StateRow>> =>
  readRows(db, statesOf("flow_run", flow_run_id));

/** Returns the state of a task run by its own id, or null. */
export async function readTaskRunState(db: Database, id: string): Promise<StateRow | null> {
  return all(await db.execute(sql`${raw(taskRunStates)} where s.id = ${id}`), taskRunStateAt)[0] ?? null;
}

/** Returns all states of a task run, oldest first. */
export const listTaskRunStates = (db: Database, task_run_id: string): Promise<Rows<StateRow>> =>
  readRows(db, statesOf("task_run", task_run_id));

const kinds = {
  flow_run: { columns: flowRunStateColumns, read: flowRunStateAt },
  task_run: { columns: taskRunStateColumns, read: taskRunStateAt },
};

function statesOf(kind: keyof typeof kinds, run_id: string): List<StateRow> {
  const { columns, read } = kinds[kind];
  return listOfMatching(
    { where: sql`s.${raw(kind)}_id = ${run_id}`, limit: Number.MAX_SAFE_INTEGER, offset: 0 },
    {
      columns: { sql: columns, args: [] },
      from: `${kind}_state s`,
      key: "s.id",
      joins: joinResult,
      size: stateSize,
      order: "s.timestamp, s.id",
      read: (result) => all(result, read),
    },
  );
}
