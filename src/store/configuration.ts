import type { Json } from "../lib/json.ts";
import type { Micros } from "../lib/time.ts";
import type { Database } from "./client.ts";
import { rowMapper } from "./sql/rows.ts";
import { sql } from "./sql/tag.ts";
import { configuration } from "./tables/configuration.ts";

const configurations = rowMapper(configuration);

/** Returns the value stored under a key, null if there is none. */
export async function readConfiguration(db: Database, key: string): Promise<Json> {
  const result = await db.execute(sql`select ${configurations.columns("c")} from configuration c where c.key = ${key}`);
  return configurations.rows(result)[0]?.value ?? null;
}

/** Stores a value under a key; null deletes it. */
export async function writeConfiguration(db: Database, key: string, value: Json, now: Micros): Promise<void> {
  if (value === null) await db.execute(sql`delete from configuration where key = ${key}`);
  else {
    await db.execute(
      configurations.insert(
        { key, created: now, updated: now, value },
        "on conflict (key) do update set value = excluded.value, updated = excluded.updated",
      ),
    );
  }
}
