import type { Database, Sql } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { raw, sql } from "../sql/tag.ts";

// Referencing tables first; most of their rows are deleted by cascade anyway.
export const clearedTables = [
  "event_related",
  "event",
  "task_run_event_backlog",
  "log",
  "artifact",
  "artifact_collection",
  "variable",
  "saved_search",
  "task_run_state_cache",
  "concurrency_lease",
  "concurrency_limit",
  "flow",
  "deployment",
  "flow_run",
  "task_run",
  "work_pool",
  "task_worker",
  "task_run_delivery",
  "cleanup_message",
  "block_type",
  "configuration",
  "pending_deletion",
  "automation_waiting",
  "automation",
  "automation_firing",
] as const;

/** Tables that may have more rows than one transaction can delete within its time limit, with their keys. */
const large = { event: "position", log: "position", task_run: "id", flow_run: "id" } as const;

const chunk = 2000;

/** Deletes every row of every table except those that migrations fill; large tables take several transactions. */
export async function clearDatabase(db: Database): Promise<void> {
  const parts: Sql[] = Object.entries(large).map(
    ([table, key]) =>
      sql`delete from ${raw(table)} where ${raw(key)} in (select ${raw(key)} from ${raw(table)} order by ${raw(key)} limit ${raw(chunk)} offset ${raw(chunk)}) returning 1`,
  );
  for (const part of parts) while (touched(await db.execute(part)));
  await db.write(clearedTables.map((table) => sql`delete from ${raw(table)}`));
}
