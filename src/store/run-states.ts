import type { Database, ResultSet } from "./client.ts";
import {
  readFlowRunState as flowRunStateAt,
  flowRunStateColumns,
  joinResult,
  type StateRow,
  readTaskRunState as taskRunStateAt,
  taskRunStateColumns,
} from "./states.ts";

const flowRunStates = `select ${flowRunStateColumns} from flow_run_state s ${joinResult}`;
const taskRunStates = `select ${taskRunStateColumns} from task_run_state s ${joinResult}`;

type Reader = (values: ArrayLike<unknown>, offset: number) => StateRow | null;

const all = (result: ResultSet, read: Reader): StateRow[] => result.rows.flatMap((row) => read(row, 0) ?? []);

/** Returns the state of a flow run by its own id, or null. */
export async function readFlowRunState(db: Database, id: string): Promise<StateRow | null> {
  return all(await db.execute({ sql: `${flowRunStates} where s.id = ?`, args: [id] }), flowRunStateAt)[0] ?? null;
}

/** Returns all states of a flow run, oldest first. */
export async function listFlowRunStates(db: Database, flow_run_id: string): Promise<StateRow[]> {
  const ordered = `${flowRunStates} where s.flow_run_id = ? order by s.timestamp, s.id`;
  return all(await db.execute({ sql: ordered, args: [flow_run_id] }), flowRunStateAt);
}

/** Returns the state of a task run by its own id, or null. */
export async function readTaskRunState(db: Database, id: string): Promise<StateRow | null> {
  return all(await db.execute({ sql: `${taskRunStates} where s.id = ?`, args: [id] }), taskRunStateAt)[0] ?? null;
}

/** Returns all states of a task run, oldest first. */
export async function listTaskRunStates(db: Database, task_run_id: string): Promise<StateRow[]> {
  const ordered = `${taskRunStates} where s.task_run_id = ? order by s.timestamp, s.id`;
  return all(await db.execute({ sql: ordered, args: [task_run_id] }), taskRunStateAt);
}
