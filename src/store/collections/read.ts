import type { JsonObject } from "../../lib/json.ts";
import { isJsonObject } from "../../lib/json.ts";
import type { Database } from "../client.ts";
import { json, only } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";

const content = only(json("v.content"));

/** Returns a view of published collections, or null. */
export async function readCollectionView(db: Database, name: string): Promise<JsonObject | null> {
  const view = content.first(await db.execute(sql`select ${content.columns} from collection_view v where v.name = ${name}`));
  return isJsonObject(view) ? view : null;
}
