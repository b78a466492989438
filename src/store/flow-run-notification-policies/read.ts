import type { Rows } from "../../lib/rows.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { raw, sql } from "../sql/tag.ts";
import { type FlowRunNotificationPolicyRow, flowRunNotificationPolicy } from "../tables/notification-policies.ts";
import { policies } from "./rows.ts";

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
