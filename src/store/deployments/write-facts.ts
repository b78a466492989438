import type { Variables, WantedVariables } from "../../domain/parameters/references.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { json, only, selection, text, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import type { DeploymentRow } from "../tables/deployments.ts";
import { readVariableValues, selectVariableValues } from "../variables.ts";
import { type PoolFacts, type QueueAddress, readPoolFacts, selectPoolFacts } from "../work-queues.ts";
import { deployments } from "./rows.ts";

/** What a client's wish about a deployment refers to. */
export interface Reference {
  readonly queue: QueueAddress | null;
  readonly concurrency_limit_id: string | null;
}

/** What is there of it. */
interface Referred {
  /** The pool of the wanted queue; null if it does not exist or none is wanted. */
  readonly pool: PoolFacts | null;
  readonly limit_exists: boolean;
  /** Those of the wanted block documents that exist: none are stored yet. */
  readonly block_ids: ReadonlySet<string>;
}

/** What the creation of a deployment depends on. */
export interface CreationFacts extends Referred {
  readonly existing: DeploymentRow | null;
  readonly flow_labels: JsonObject;
}

/** What a change of a deployment depends on. */
export interface UpdateFacts extends Referred {
  readonly variables: Variables;
  readonly existing: DeploymentRow;
  readonly schedules: readonly { readonly id: string; readonly slug: string | null }[];
}

const selectReferred = ({ queue, concurrency_limit_id }: Reference): [Sql, Sql] => [
  queue === null ? sql`select null where 0` : selectPoolFacts(queue),
  sql`select id from concurrency_limit where id = ${concurrency_limit_id}`,
];

const readReferred = (pool: ResultSet | undefined, limit: ResultSet | undefined): Referred => ({
  pool: readPoolFacts(pool),
  limit_exists: touched(limit),
  block_ids: new Set(),
});

const flowLabels = only(json("labels"));
const slugs = selection({ id: text("id"), slug: textOrNull("slug") });

/** Returns what the creation of a deployment depends on; one round trip. */
export async function loadCreationFacts(
  db: Database,
  { flow_id, name, ...reference }: Reference & { readonly flow_id: string; readonly name: string },
): Promise<CreationFacts> {
  const [existing, flow, ...referred] = await db.read([
    sql`select ${deployments.columns("d")} from deployment d where d.flow_id = ${flow_id} and d.name = ${name}`,
    sql`select ${flowLabels.columns} from flow where id = ${flow_id}`,
    ...selectReferred(reference),
  ]);
  const labels = flowLabels.first(flow);
  return {
    ...readReferred(referred[0], referred[1]),
    existing: deployments.first(existing),
    flow_labels: isJsonObject(labels) ? labels : {},
  };
}

/** Returns what a change of a deployment depends on, null if there is no such deployment; one round trip. */
export async function loadUpdateFacts(
  db: Database,
  id: string,
  { variables, ...reference }: Reference & { readonly variables: WantedVariables },
): Promise<UpdateFacts | null> {
  const [existing, schedules, values, ...referred] = await db.read([
    sql`select ${deployments.columns("d")} from deployment d where d.id = ${id}`,
    sql`select ${slugs.columns} from deployment_schedule where deployment_id = ${id} order by updated desc, id desc`,
    selectVariableValues(variables),
    ...selectReferred(reference),
  ]);
  const row = deployments.first(existing);
  if (row === null) return null;
  return {
    ...readReferred(referred[0], referred[1]),
    existing: row,
    variables: readVariableValues(values),
    schedules: slugs.rows(schedules),
  };
}
