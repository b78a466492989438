import type { Database } from "./client.ts";

// Children first: most go with their parents anyway.
const tables = [
  "event_related",
  "event",
  "log",
  "artifact",
  "task_run_state_cache",
  "concurrency_lease",
  "concurrency_limit",
  "flow",
  "deployment",
  "flow_run",
  "task_run",
  "work_pool",
  "task_worker",
  "configuration",
] as const;

/** Removes every row of every table; the tables and the record of migrations stay. */
export async function clearDatabase(db: Database): Promise<void> {
  await db.write(tables.map((table) => ({ sql: `delete from ${table}`, args: [] })));
}
