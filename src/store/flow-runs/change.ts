import { type JsonObject, stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { FlowRunUpdate } from "../../schemas/flow-runs.ts";
import type { Database, Sql } from "../client.ts";
import { releaseLeases } from "../concurrency-limits/leases.ts";
import { touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { replaceTags } from "../tags.ts";
import { flowRuns } from "./rows.ts";

/** Sets the sent columns of a flow run; returns false if there is no such run. */
export async function updateFlowRun(db: Database, id: string, update: FlowRunUpdate, now: Micros): Promise<boolean> {
  const { name, ...rest } = update;
  const set = flowRuns.set({ ...rest, ...(name != null && { name }), updated: now });
  const statements: Sql[] = [
    sql`update flow_run set ${set} where id = ${id} returning id`,
    ...(update.tags === undefined ? [] : replaceTags("flow_run", id, update.tags)),
  ];
  const [updated] = await db.write(statements);
  return touched(updated);
}

/** Merges labels into those of a flow run; returns false if there is no such run. */
export async function mergeFlowRunLabels(db: Database, id: string, labels: JsonObject, now: Micros): Promise<boolean> {
  const merged = sql`json_patch(coalesce(labels, '{}'), ${stringifyJson(labels)})`;
  return touched(await db.execute(sql`update flow_run set labels = ${merged}, updated = ${now} where id = ${id} returning id`));
}

/** Returns the statements that delete flow runs with their states, task runs, inputs, logs and slots; the last one returns their ids. */
export function deleteFlowRuns(ids: Sql, now: Micros): Sql[] {
  const leases = {
    lease_ids: sql`select s.state_details ->> 'deployment_concurrency_lease_id' from flow_run r join flow_run_state s on s.id = r.state_id
        where r.id in (${ids})`,
  };
  return [
    ...releaseLeases({ leases, now }),
    sql`delete from log where flow_run_id in (select id from flow_run where id in (${ids}))`,
    sql`delete from flow_run where id in (${ids}) returning id`,
  ];
}
