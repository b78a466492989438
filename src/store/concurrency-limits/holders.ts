import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { number, numberOrNull, selection, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { isLimit, type LimitKey } from "./rows.ts";

/** Slots of one limit with their holder: a lease, or a flow run that holds a slot itself (without lease and expiry). */
export interface Holding {
  readonly lease_id: string | null;
  readonly holder_type: string | null;
  readonly holder_id: string | null;
  readonly slots: number;
  readonly since: Micros;
  readonly expires: Micros | null;
}

const holdings = selection({
  lease_id: textOrNull("e.id"),
  holder_type: textOrNull("e.holder_type"),
  holder_id: textOrNull("e.holder_id"),
  slots: number("s.slots"),
  since: number("e.created as since"),
  expires: numberOrNull("e.expires"),
});

/**
 * Returns the holders of a limit's slots, the oldest first, or null if there is no such limit; one round trip. Slots that are
 * only counted (taken without a lease, or decaying) have no holder.
 */
export async function listHolders(
  db: Database,
  key: LimitKey,
  { now, limit, offset }: { now: Micros; limit: number; offset: number },
): Promise<Holding[] | null> {
  const condition = isLimit("l", key);
  const [known, held] = await db.read([
    sql`select 1 from concurrency_limit l where ${condition}`,
    sql`select ${holdings.columns}
          from concurrency_limit l cross join concurrency_lease_slot s on s.limit_id = l.id join concurrency_lease e on e.id = s.lease_id
          where ${condition} and s.decays = 0 and s.slots > 0 and e.expires > ${now}
        union all select null, 'flow_run', r.id, 1, coalesce(r.state_timestamp, r.created), null
          from concurrency_limit l cross join flow_run r on r.concurrency_limit_id = l.id where ${condition}
        order by since, 1, 3 limit ${limit} offset ${offset}`,
  ]);
  return touched(known) ? holdings.rows(held) : null;
}
