import type { Variables, WantedVariables } from "../../domain/parameters/references.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { readExistingDocuments, selectExistingDocuments } from "../block-documents/facts.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { json, only, selection, text, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import type { DeploymentRow } from "../tables/deployments.ts";
import { readVariableValues, selectVariableValues } from "../variables/facts.ts";
import type { QueueAddress } from "../work-queues/create.ts";
import { type PoolFacts, readPoolFacts, selectPoolFacts } from "../work-queues/facts.ts";
import { deployments } from "./rows.ts";

/** The objects that a create or update request refers to. */
export interface References {
  readonly queue: QueueAddress | null;
  readonly concurrency_limit_id: string | null;
  readonly block_ids: readonly string[];
}

/** The referenced objects that exist. */
interface ReferencedFacts {
  /** The pool of the requested queue; null if it does not exist or none was requested. */
  readonly pool: PoolFacts | null;
  readonly limit_exists: boolean;
  /** The requested block documents that exist. */
  readonly block_ids: ReadonlySet<string>;
}

/** The facts on which the creation of a deployment depends. */
export interface CreationFacts extends ReferencedFacts {
  readonly existing: DeploymentRow | null;
  readonly flow_labels: JsonObject;
}

/** The facts on which an update of a deployment depends. */
export interface UpdateFacts extends ReferencedFacts {
  readonly variables: Variables;
  readonly existing: DeploymentRow;
  readonly schedules: readonly { readonly id: string; readonly slug: string | null }[];
}

const selectReferenced = ({ queue, concurrency_limit_id, block_ids }: References): [Sql, Sql, Sql] => [
  queue === null ? sql`select null where 0` : selectPoolFacts(queue),
  sql`select id from concurrency_limit where id = ${concurrency_limit_id}`,
  selectExistingDocuments(block_ids),
];

const readReferenced = ([pool, limit, blocks]: readonly ResultSet[]): ReferencedFacts => ({
  pool: readPoolFacts(pool),
  limit_exists: touched(limit),
  block_ids: readExistingDocuments(blocks),
});

const flowLabels = only(json("labels"));
const slugs = selection({ id: text("id"), slug: textOrNull("slug") });

/** Returns the facts on which the creation of a deployment depends; one round trip. */
export async function loadCreationFacts(
  db: Database,
  { flow_id, name, ...reference }: References & { readonly flow_id: string; readonly name: string },
): Promise<CreationFacts> {
  const [existing, flow, ...referred] = await db.read([
    sql`select ${deployments.columns("d")} from deployment d where d.flow_id = ${flow_id} and d.name = ${name}`,
    sql`select ${flowLabels.columns} from flow where id = ${flow_id}`,
    ...selectReferenced(reference),
  ]);
  const labels = flowLabels.first(flow);
  return {
    ...readReferenced(referred),
    existing: deployments.first(existing),
    flow_labels: isJsonObject(labels) ? labels : {},
  };
}

/** Returns the facts on which an update of a deployment depends, null if there is no such deployment; one round trip. */
export async function loadUpdateFacts(
  db: Database,
  id: string,
  { variables, ...reference }: References & { readonly variables: WantedVariables },
): Promise<UpdateFacts | null> {
  const [existing, schedules, values, ...referred] = await db.read([
    sql`select ${deployments.columns("d")} from deployment d where d.id = ${id}`,
    sql`select ${slugs.columns} from deployment_schedule where deployment_id = ${id} order by updated desc, id desc`,
    selectVariableValues(variables),
    ...selectReferenced(reference),
  ]);
  const row = deployments.first(existing);
  if (row === null) return null;
  return {
    ...readReferenced(referred),
    existing: row,
    variables: readVariableValues(values),
    schedules: slugs.rows(schedules),
  };
}
