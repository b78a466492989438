import type { Rows } from "../../lib/rows.ts";
import type { Database } from "../client.ts";
import { type List, listOfMatching, readRows } from "../slices.ts";
import { only } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { flowRunStateCells, joinResult, type StateRow, stateSize, taskRunStateCells } from "./rows.ts";

/** The selections of states by the kind of run; lists of states contain no null. */
const kinds = { flow_run: only(flowRunStateCells), task_run: only(taskRunStateCells) };

const readState = async (db: Database, kind: keyof typeof kinds, id: string): Promise<StateRow | null> =>
  kinds[kind].first(
    await db.execute(sql`select ${kinds[kind].columns} from ${raw(kind)}_state s ${joinResult} where s.id = ${id}`),
  );

/** Returns the state of a flow run by its own id, or null. */
export const readFlowRunState = (db: Database, id: string): Promise<StateRow | null> => readState(db, "flow_run", id);

/** Returns all states of a flow run, oldest first. */
export const listFlowRunStates = (db: Database, flow_run_id: string): Promise<Rows<StateRow>> =>
  readRows(db, statesOf("flow_run", flow_run_id));

/** Returns the state of a task run by its own id, or null. */
export const readTaskRunState = (db: Database, id: string): Promise<StateRow | null> => readState(db, "task_run", id);

/** Returns all states of a task run, oldest first. */
export const listTaskRunStates = (db: Database, task_run_id: string): Promise<Rows<StateRow>> =>
  readRows(db, statesOf("task_run", task_run_id));

const statesOf = (kind: keyof typeof kinds, run_id: string): List<StateRow> =>
  listOfMatching(
    { where: sql`s.${raw(kind)}_id = ${run_id}`, limit: Number.MAX_SAFE_INTEGER, offset: 0 },
    {
      columns: kinds[kind].columns,
      from: `${kind}_state s`,
      key: "s.id",
      joins: joinResult,
      size: stateSize,
      order: "s.timestamp, s.id",
      read: (result) => kinds[kind].rows(result).filter((state) => state !== null),
    },
  );
