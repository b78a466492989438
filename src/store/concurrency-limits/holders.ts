import type { Micros } from "../../schemas/time.ts";
import type { Database } from "../client.ts";
import { sql } from "../sql/tag.ts";
import { isLimit, type LimitKey } from "./limits.ts";

/** Slots of one limit that somebody holds: by a lease, or as a flow run that holds its slot itself (no lease, and no end). */
export interface Holding {
  readonly lease_id: string | null;
  readonly holder_type: string | null;
  readonly holder_id: string | null;
  readonly slots: number;
  readonly since: Micros;
  readonly expires: Micros | null;
}

/**
 * Returns who holds the slots of a limit, the longest first, or null if there is no such limit; one round trip. Slots that are only
 * counted (taken without a lease, or decaying) have no holder.
 */
export async function listHolders(
  db: Database,
  key: LimitKey,
  { now, limit, offset }: { now: Micros; limit: number; offset: number },
): Promise<Holding[] | null> {
  const condition = isLimit("l", key);
  const [known, held] = await db.read([
    sql`select 1 from concurrency_limit l where ${condition}`,
    sql`select e.id, e.holder_type, e.holder_id, s.slots, e.created as since, e.expires
          from concurrency_limit l cross join concurrency_lease_slot s on s.limit_id = l.id join concurrency_lease e on e.id = s.lease_id
          where ${condition} and s.decays = 0 and s.slots > 0 and e.expires > ${now}
        union all select null, 'flow_run', r.id, 1, coalesce(r.state_timestamp, r.created), null
          from concurrency_limit l cross join flow_run r on r.concurrency_limit_id = l.id where ${condition}
        order by since, 1, 3 limit ${limit} offset ${offset}`,
  ]);
  if (known?.rows.length !== 1) return null;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  return (held?.rows ?? []).map(([lease_id, type, id, slots, since, expires]) => ({
    lease_id: text(lease_id),
    holder_type: text(type),
    holder_id: text(id),
    slots: Number(slots),
    since: Number(since),
    expires: typeof expires === "number" ? expires : null,
  }));
}
