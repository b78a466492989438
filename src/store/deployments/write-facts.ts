import { isJsonObject, type JsonObject, parseJson } from "../../schemas/json.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import type { DeploymentRow } from "../tables/deployments.ts";
import { type PoolFacts, type QueueAddress, readPoolFacts, selectPoolFacts } from "../work-queues.ts";
import { deployments } from "./select.ts";

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
  readonly existing: DeploymentRow;
  readonly schedules: readonly { readonly id: string; readonly slug: string | null }[];
}

const selectReferred = ({ queue, concurrency_limit_id }: Reference): [Sql, Sql] => [
  queue === null ? sql`select null where 0` : selectPoolFacts(queue),
  sql`select id from concurrency_limit where id = ${concurrency_limit_id}`,
];

const readReferred = (pool: ResultSet | undefined, limit: ResultSet | undefined): Referred => ({
  pool: readPoolFacts(pool),
  limit_exists: limit !== undefined && limit.rows.length > 0,
  block_ids: new Set(),
});

/** Returns what the creation of a deployment depends on; one round trip. */
export async function loadCreationFacts(
  db: Database,
  { flow_id, name, ...reference }: Reference & { readonly flow_id: string; readonly name: string },
): Promise<CreationFacts> {
  const [existing, flow, ...referred] = await db.read([
    sql`select ${raw(deployments.columns("d"))} from deployment d where d.flow_id = ${flow_id} and d.name = ${name}`,
    sql`select labels from flow where id = ${flow_id}`,
    ...selectReferred(reference),
  ]);
  const labels = flow?.rows[0]?.[0];
  const parsed = typeof labels === "string" ? parseJson(labels) : null;
  return {
    ...readReferred(referred[0], referred[1]),
    existing: existing === undefined ? null : (deployments.rows(existing)[0] ?? null),
    flow_labels: isJsonObject(parsed) ? parsed : {},
  };
}

/** Returns what a change of a deployment depends on, null if there is no such deployment; one round trip. */
export async function loadUpdateFacts(db: Database, id: string, reference: Reference): Promise<UpdateFacts | null> {
  const [existing, schedules, ...referred] = await db.read([
    sql`select ${raw(deployments.columns("d"))} from deployment d where d.id = ${id}`,
    sql`select id, slug from deployment_schedule where deployment_id = ${id} order by updated desc, id desc`,
    ...selectReferred(reference),
  ]);
  const row = existing === undefined ? undefined : deployments.rows(existing)[0];
  if (row === undefined) return null;
  return {
    ...readReferred(referred[0], referred[1]),
    existing: row,
    schedules: (schedules?.rows ?? []).map((values) => ({
      id: String(values[0]),
      slug: typeof values[1] === "string" ? values[1] : null,
    })),
  };
}
