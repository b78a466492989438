import type { Micros } from "../../lib/time.ts";
import type { FlowRunNotificationPolicyUpdate } from "../../schemas/flow-run-notification-policies.ts";
import type { Database } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { joined, raw, sql } from "../sql/tag.ts";
import { type FlowRunNotificationPolicyRow, flowRunNotificationPolicy } from "../tables/notification-policies.ts";
import { policies } from "./rows.ts";

/** Stores a policy. Throws ConstraintViolation where its block document does not exist. */
export async function createPolicy(db: Database, row: FlowRunNotificationPolicyRow): Promise<void> {
  await db.write([policies.insert(row)]);
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
