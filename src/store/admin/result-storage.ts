import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { rowMapper, touched } from "../sql/rows.ts";
import { flag, only } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { configuration } from "../tables/configuration.ts";

const configurations = rowMapper(configuration);

const key = "default_result_storage_block_id";

/** Returns the block document that results go to by default, null where none is chosen. */
export async function readResultStorage(db: Database): Promise<string | null> {
  const value = configurations.first(
    await db.execute(sql`select ${configurations.columns("c")} from configuration c where c.key = ${key}`),
  )?.value;
  return typeof value === "string" ? value : null;
}

const isWritable = only(flag("exists (select 1 from json_each(s.capabilities) where value = 'write-path')"));

/** Chooses the block document that results go to; "unfit" where results cannot be written by it. One round trip. */
export async function writeResultStorage(db: Database, id: string, now: Micros): Promise<"chosen" | "not_found" | "unfit"> {
  const [document, written] = await db.write([
    sql`select ${isWritable.columns} from block_document d join block_schema s on s.id = d.block_schema_id where d.id = ${id}`,
    sql`${configurations.insertInto} select ${configurations.values({ key, created: now, updated: now, value: id })}
      from block_document d join block_schema s on s.id = d.block_schema_id where d.id = ${id} and ${isWritable.columns}
      on conflict (key) do update set value = excluded.value, updated = excluded.updated returning key`,
  ]);
  if (touched(written)) return "chosen";
  return isWritable.first(document) === null ? "not_found" : "unfit";
}

/** Forgets the block document that results go to. */
export async function clearResultStorage(db: Database): Promise<void> {
  await db.execute(sql`delete from configuration where key = ${key}`);
}
