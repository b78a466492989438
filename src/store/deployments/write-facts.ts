import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { json, only, selection, text, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import type { DeploymentRow } from "../tables/deployments.ts";
import { type PoolFacts, type QueueAddress, readPoolFacts, selectPoolFacts } from "../work-queues.ts";
import { deployments } from "./rows.ts";

/** The objects that a create or update request refers to. */
export interface Reference {
  readonly queue: QueueAddress | null;
  readonly concurrency_limit_id: string | null;
}

/** The referenced objects that exist. */
interface Referred {
  /** The pool of the requested queue; null if it does not exist or none was requested. */
  readonly pool: PoolFacts | null;
  readonly limit_exists: boolean;
  /** The requested block documents that exist; none are stored yet. */
  readonly block_ids: ReadonlySet<string>;
}

/** The facts on which the creation of a deployment depends. */
export interface CreationFacts extends Referred {
  readonly existing: DeploymentRow | null;
  readonly flow_labels: JsonObject;
}

/** The facts on which an update of a deployment depends. */
export interface UpdateFacts extends Referred {
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

/** Returns the facts on which the creation of a deployment depends; one round trip. */
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

/** Returns the facts on which an update of a deployment depends, null if there is no such deployment; one round trip. */
export async function loadUpdateFacts(db: Database, id: string, reference: Reference): Promise<UpdateFacts | null> {
  const [existing, schedules, ...referred] = await db.read([
    sql`select ${deployments.columns("d")} from deployment d where d.id = ${id}`,
    sql`select ${slugs.columns} from deployment_schedule where deployment_id = ${id} order by updated desc, id desc`,
    ...selectReferred(reference),
  ]);
  const row = deployments.first(existing);
  if (row === null) return null;
  return {
    ...readReferred(referred[0], referred[1]),
    existing: row,
    schedules: slugs.rows(schedules),
  };
}
