import type { Rows } from "../lib/rows.ts";
import type { Micros } from "../lib/time.ts";
import type { FlowRunNotificationPolicyUpdate } from "../schemas/flow-run-notification-policies.ts";
import type { Database } from "./client.ts";
import { listOfMatching, readRows, rowsOf } from "./slices.ts";
import { rowMapper, touched } from "./sql/rows.ts";
import { joined, raw, sql } from "./sql/tag.ts";
import { type FlowRunNotificationPolicyRow, flowRunNotificationPolicy } from "./tables/notification-policies.ts";

const policies = rowMapper(flowRunNotificationPolicy);

/** Stores a policy. Throws ConstraintViolation where its block document does not exist. */
export async function createPolicy(db: Database, row: FlowRunNotificationPolicyRow): Promise<void> {
  await db.write([policies.insert(row)]);
}

/** Returns the policy, or null. */
export const readPolicy = async (db: Database, id: string): Promise<FlowRunNotificationPolicyRow | null> =>
  policies.first(await db.execute(sql`select ${policies.columns("p")} from ${flowRunNotificationPolicy} p where p.id = ${id}`));

/** Returns the policies in the order of their ids: all, or those that are active or not. */
export function listPolicies(
  db: Database,
  { is_active, ...part }: { readonly is_active: boolean | undefined; readonly limit: number; readonly offset: number },
): Promise<Rows<FlowRunNotificationPolicyRow>> {
  const where = is_active === undefined ? raw("1") : sql`p.is_active = ${is_active}`;
  return readRows(db, listOfMatching({ where, ...part }, { ...rowsOf(policies, "p", "id"), order: "p.id" }));
}

/** Sets the sent columns of a policy; returns false if there is no such policy. Throws ConstraintViolation as `createPolicy` and for nulls. */
export async function updatePolicy(
  db: Database,
  id: string,
  update: FlowRunNotificationPolicyUpdate,
  now: Micros,
): Promise<boolean> {
  const { message_template, ...rest } = update;
  const changes = {
    updated: now,
    message_template,
    is_active: rest.is_active ?? undefined,
    state_names: rest.state_names ?? undefined,
    tags: rest.tags ?? undefined,
    block_document_id: rest.block_document_id ?? undefined,
  };
  // A null for a column that has none violates its constraint, as in the reference.
  const nulls = Object.entries(rest).flatMap(([name, value]) => (value === null ? [raw(`${name} = null`)] : []));
  const set = joined([policies.set(changes), ...nulls], ", ");
  const [updated] = await db.write([sql`update ${flowRunNotificationPolicy} set ${set} where id = ${id} returning id`]);
  return touched(updated);
}

/** Deletes a policy with what it has queued; returns false if there is no such policy. */
export async function deletePolicy(db: Database, id: string): Promise<boolean> {
  const [deleted] = await db.write([sql`delete from ${flowRunNotificationPolicy} where id = ${id} returning id`]);
  return touched(deleted);
}
