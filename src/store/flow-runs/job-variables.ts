import { isJsonObject, type JsonObject, parseJson } from "../../schemas/json.ts";
import type { Database } from "../client.ts";
import { sql } from "../sql/tag.ts";

/** What decides whether a flow run's job variables may be changed, and to what. */
export interface JobVariableFacts {
  readonly state_type: string | null;
  readonly has_deployment: boolean;
  readonly deployment_variables: JsonObject;
  /** The base job template of the deployment's pool, null without one. */
  readonly template: JsonObject | null;
}

/** Returns the facts about a flow run's job variables, null if there is no such run; one round trip. */
export async function readJobVariableFacts(db: Database, id: string): Promise<JobVariableFacts | null> {
  const result =
    await db.execute(sql`select r.state_type, d.id, d.job_variables, p.base_job_template from flow_run r left join deployment d on d.id = r.deployment_id
      left join work_queue q on q.id = d.work_queue_id left join work_pool p on p.id = q.work_pool_id where r.id = ${id}`);
  const [row] = result.rows;
  if (row === undefined) return null;
  return {
    state_type: typeof row[0] === "string" ? row[0] : null,
    has_deployment: typeof row[1] === "string",
    deployment_variables: object(row[2]) ?? {},
    template: object(row[3]),
  };
}

function object(value: unknown): JsonObject | null {
  const parsed = typeof value === "string" ? parseJson(value) : null;
  return isJsonObject(parsed) ? parsed : null;
}
