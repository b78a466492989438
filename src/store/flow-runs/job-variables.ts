import { isJsonObject, type JsonObject, parseJson } from "../../lib/json.ts";
import type { Database } from "../client.ts";
import { cell, selection, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";

/** The facts on which a change of a flow run's job variables depends. */
export interface JobVariableFacts {
  readonly state_type: string | null;
  readonly has_deployment: boolean;
  readonly deployment_variables: JsonObject;
  /** The base job template of the deployment's pool, null without one. */
  readonly template: JsonObject | null;
}

const facts = selection({
  state_type: textOrNull("r.state_type"),
  has_deployment: cell("d.id", (id) => typeof id === "string"),
  deployment_variables: cell("d.job_variables", (value) => object(value) ?? {}),
  template: cell("p.base_job_template", object),
});

/** Returns the facts about a flow run's job variables, null if there is no such run; one round trip. */
export async function readJobVariableFacts(db: Database, id: string): Promise<JobVariableFacts | null> {
  const statement = sql`select ${facts.columns} from flow_run r left join deployment d on d.id = r.deployment_id
      left join work_queue q on q.id = d.work_queue_id left join work_pool p on p.id = q.work_pool_id where r.id = ${id}`;
  return facts.first(await db.execute(statement));
}

function object(value: unknown): JsonObject | null {
  const parsed = typeof value === "string" ? parseJson(value) : null;
  return isJsonObject(parsed) ? parsed : null;
}
