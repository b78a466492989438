import { stringifyJson } from "../../../src/lib/json.ts";
import type { Database, Sql } from "../../../src/store/client.ts";
import type { Rows } from "./rows.ts";

type Value = string | number | null;

const insert = (table: string, row: Readonly<Record<string, Value>>): Sql => ({
  sql: `insert into ${table} (${Object.keys(row)}) values (${Object.keys(row).map(() => "?")})`,
  args: Object.values(row),
});

const plain = (table: string, row: object): Sql => insert(table, { created: 0, updated: 0, ...flat(row) });

/** Lists and objects are kept as JSON, flags as numbers. */
const flat = (row: object): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]): [string, Value] => {
      if (value === null || typeof value === "string" || typeof value === "number") return [column, value];
      return [column, typeof value === "boolean" ? Number(value) : stringifyJson(value)];
    }),
  );

const tagged = (table: string, row: { readonly id: string; readonly tags: readonly string[] }, more: object = {}): Sql[] => [
  plain(table, { ...row, ...more }),
  ...[...new Set(row.tags)].map((tag) => insert(`${table}_tag`, { tag, [`${table}_id`]: row.id })),
];

/** Stores random rows in a migrated database. */
export async function storeRows(db: Database, rows: Rows): Promise<void> {
  // Runs and task runs refer to each other: parents come last.
  const parents = rows.flow_runs.map(
    ({ id, parent_task_run_id }): Sql => ({
      sql: "update flow_run set parent_task_run_id = ? where id = ?",
      args: [parent_task_run_id, id],
    }),
  );
  await db.write([
    ...rows.flows.flatMap((row) => tagged("flow", row)),
    ...rows.work_pools.map((row) => plain("work_pool", row)),
    ...rows.work_queues.map((row) => plain("work_queue", row)),
    ...rows.deployments.flatMap((row) => tagged("deployment", row)),
    ...rows.flow_runs.flatMap((row) => tagged("flow_run", row, { parent_task_run_id: null })),
    ...rows.task_runs.flatMap((row) => tagged("task_run", row, { task_key: "key", dynamic_key: row.id })),
    ...parents,
    ...rows.logs.map((row) => insert("log", { created: 0, ...flat(row) })),
    // Some stand in blocks whose related resources are written already, the last ones do not.
    ...rows.events.map((row, i) =>
      insert("event", {
        position: 1 + i * 12,
        received: 0,
        resource_id: row.resource["prefect.resource.id"] ?? "",
        ...flat(row),
      }),
    ),
  ]);
}
