import type { Predicate } from "../../filters/predicate.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { estimatedLateness } from "../history/read.ts";
import { emit } from "../sql/emit.ts";
import { numberOrNull, only } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";

/** Returns the average lateness of the flow runs that match, in seconds; null without runs. */
export async function averageLateness(db: Database, where: Predicate, now: Micros): Promise<number | null> {
  const average = only(numberOrNull(sql`avg(cast((${estimatedLateness(now)}) / 1000000 as integer))`));
  return average.first(await db.execute(sql`select ${average.columns} from flow_run r where ${emit(where, "r")}`));
}
