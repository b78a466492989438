import type { Predicate } from "../../filters/predicate.ts";
import type { Micros } from "../../schemas/time.ts";
import type { Database } from "../client.ts";
import { estimatedLateness } from "../history.ts";
import { emit } from "../sql/emit.ts";

/** Returns by how many seconds the flow runs that match started later than expected, on average; null without runs. */
export async function averageLateness(db: Database, where: Predicate, now: Micros): Promise<number | null> {
  const condition = emit(where, "r");
  const result = await db.execute({
    sql: `select avg(cast((${estimatedLateness}) / 1000000 as integer)) from flow_run r where ${condition.sql}`,
    args: [now, ...condition.args],
  });
  const average = result.rows[0]?.[0];
  return typeof average === "number" ? average : null;
}
