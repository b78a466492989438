import { finalTypes } from "../../domain/states.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { listOfIds, readIds } from "../sql/rows.ts";
import { selection, text, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";

/** What decides whether a report is taken of a client that has no credentials. */
export interface Reporters {
  /** The flow runs that are not final, or became so a moment ago. */
  readonly flowRuns: ReadonlySet<string>;
  /** The flow run of each task run that is there. */
  readonly flowRunOf: ReadonlyMap<string, string | null>;
}

const owned = selection({ id: text("t.id"), flow_run_id: textOrNull("t.flow_run_id") });

/** Returns which of these flow runs may still be reported of, where `since` is the earliest end; one round trip. */
export async function readReporters(
  db: Database,
  named: { flowRuns: readonly string[]; taskRuns: readonly string[] },
  since: Micros,
): Promise<Reporters> {
  const final = sql`(select value from json_each(${stringifyJson(finalTypes)}))`;
  const [flowRuns, taskRuns] = await db.read([
    sql`select f.id from flow_run f where f.id in (${listOfIds(named.flowRuns)})
      and (f.state_type is null or f.state_type not in ${final} or f.state_timestamp > ${since})`,
    sql`select ${owned.columns} from task_run t where t.id in (${listOfIds(named.taskRuns)})`,
  ]);
  return {
    flowRuns: new Set(readIds(flowRuns)),
    flowRunOf: new Map(owned.rows(taskRuns).map(({ id, flow_run_id }) => [id, flow_run_id])),
  };
}
