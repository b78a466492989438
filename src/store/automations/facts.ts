import { isJsonObject, type JsonObject, parseJson, stringifyJson } from "../../lib/json.ts";
import type { Database } from "../client.ts";
import { cell, selection, text, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";

/** The base job templates by which the job variables of deployments are checked. */
export interface JobTemplates {
  /** The id of the pool of each deployment that exists, null without one. */
  readonly pools: ReadonlyMap<string, string | null>;
  readonly templates: ReadonlyMap<string, JsonObject>;
}

const poolOf = selection({ deployment: text("d.id"), pool: textOrNull("q.work_pool_id") });
const template = (value: unknown): JsonObject => {
  const parsed = typeof value === "string" ? parseJson(value) : null;
  return isJsonObject(parsed) ? parsed : {};
};
const templateOf = selection({ pool: text("p.id"), template: cell("p.base_job_template", template) });

/** Returns the pools of deployments and their templates, each once; one round trip. */
export async function readJobTemplates(db: Database, deployments: readonly string[]): Promise<JobTemplates> {
  const from = sql`json_each(${stringifyJson(deployments)}) w join deployment d on d.id = w.value left join work_queue q on q.id = d.work_queue_id`;
  const [pools, templates] = await db.read([
    sql`select ${poolOf.columns} from ${from}`,
    sql`select ${templateOf.columns} from work_pool p where p.id in (select q.work_pool_id from ${from})`,
  ]);
  return {
    pools: new Map(poolOf.rows(pools).map(({ deployment, pool }) => [deployment, pool])),
    templates: new Map(templateOf.rows(templates).map(({ pool, template }) => [pool, template])),
  };
}
