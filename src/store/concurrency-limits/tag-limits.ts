import { nameOfTag, tagOf, tagPrefix } from "../../domain/concurrency/tags.ts";
import { stringifyJson } from "../../lib/json.ts";
import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { limitEvent } from "../events/concurrency-limits.ts";
import type { Stamp } from "../events/write.ts";
import { lastOf, touched } from "../sql/rows.ts";
import { type Cells, json, mapped, only, selection } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { releaseLeases } from "./leases.ts";
import { isLimit, type LimitKey, type LimitNow, limitsAt } from "./rows.ts";
import { insertLimit, newLimit } from "./write.ts";

/** A limit on a tag with its active slots: one task run id per lease, oldest first. */
export interface TagLimit {
  readonly limit: LimitNow;
  readonly tag: string;
  readonly task_run_ids: readonly string[];
}

/** Old clients release slots themselves and renew no leases: their leases expire after a century. */
export const centurySeconds = 100 * 365 * 86_400;

const isTagLimit = `(l.name >= '${tagPrefix}' and l.name < 'tag;')`;

const ids = (expression: Sql): Cells<string[]> =>
  mapped(json(expression), (list) => (Array.isArray(list) ? list.map(String) : []));

/** Returns the statement that finds limits on tags, with the mapping of its rows. */
function tagLimits(condition: Sql, now: Micros) {
  const stored = selection({
    limit: limitsAt("l", now),
    task_run_ids: ids(sql`(select json_group_array(h.holder_id) from (
        select e.holder_id from concurrency_lease_slot s join concurrency_lease e on e.id = s.lease_id
        where s.limit_id = l.id and e.holder_type = 'task_run' and e.expires > ${now} order by e.created, e.id) h)`),
  });
  const { columns, rows, first } = only(mapped(stored, (found) => ({ ...found, tag: tagOf(found.limit.name) })));
  return { statement: sql`select ${columns} from concurrency_limit l where ${raw(isTagLimit)} and ${condition}`, rows, first };
}

/** Returns the limit on a tag, or null, also for a limit that is not on a tag. */
export async function readTagLimit(db: Database, key: LimitKey, now: Micros): Promise<TagLimit | null> {
  const { statement, first } = tagLimits(isLimit("l", key), now);
  return first(await db.execute(statement));
}

/** Returns the limits on tags, ordered by tag. */
export async function listTagLimits(db: Database, page: { limit: number; offset: number; now: Micros }): Promise<TagLimit[]> {
  const { statement, rows } = tagLimits(sql`1`, page.now);
  return rows(await db.execute(sql`${statement} order by l.name limit ${page.limit} offset ${page.offset}`));
}

/** Creates or updates the limit on a tag; returns it and whether it is new. */
export async function putTagLimit(
  db: Database,
  { id, tag, concurrency_limit }: { id: string; tag: string; concurrency_limit: number },
  stamp: Stamp,
): Promise<{ limit: TagLimit; created: boolean }> {
  const key = { name: nameOfTag(tag) };
  const create = { ...key, limit: concurrency_limit, active: true, active_slots: 0, denied_slots: 0, slot_decay_per_second: 0 };
  const { statement, first } = tagLimits(isLimit("l", key), stamp.now);
  const results = await db.write([
    insertLimit(
      newLimit(id, stamp.now, create),
      'on conflict (name) do update set "limit" = excluded."limit", updated = excluded.updated',
    ),
    limitEvent(sql`case when l.id = ${id} then 'created' else 'updated' end`, stamp, isLimit("l", key)),
    statement,
  ]);
  const stored = first(lastOf(results));
  if (stored === null) throw new Error("the limit went while it was made");
  return { limit: stored, created: stored.limit.id === id };
}

/** Deletes the limit on a tag and releases its leases; returns false if there is none. */
export async function deleteTagLimit(db: Database, key: LimitKey, stamp: Stamp): Promise<boolean> {
  const isIt = isLimit("l", key);
  const condition = sql`${raw(isTagLimit)} and ${isIt}`;
  const results = await db.write([
    ...releaseLeases({
      leases: { limits: "id" in key ? { ids: [key.id] } : { names: [key.name] } },
      now: stamp.now,
      guard: sql`exists (select 1 from concurrency_limit l where ${condition})`,
    }),
    limitEvent("deleted", stamp, condition),
    sql`delete from concurrency_limit as l where ${condition} returning id`,
  ]);
  return touched(lastOf(results));
}

/** A slot set by a client, with its task run. */
export interface Override {
  readonly lease_id: string;
  readonly task_run_id: string;
}

/** Releases all slots of a tag and takes one for each override; returns false if the tag has no limit. */
export async function resetTagLimit(db: Database, tag: string, overrides: readonly Override[], now: Micros): Promise<boolean> {
  const name = nameOfTag(tag);
  const given = stringifyJson(overrides);
  const results = await db.write([
    ...releaseLeases({ leases: { limits: { names: [name] } }, now }),
    sql`insert into concurrency_lease (id, created, expires, ttl_seconds, holder_type, holder_id)
        select o.value ->> 'lease_id', ${now}, ${now + fromSecondsDuration(centurySeconds)}, ${centurySeconds}, 'task_run', o.value ->> 'task_run_id' from json_each(${given}) o
        where exists (select 1 from concurrency_limit where name = ${name})`,
    sql`insert into concurrency_lease_slot (limit_id, lease_id, slots, decays)
        select l.id, o.value ->> 'lease_id', 1, l.slot_decay_per_second > 0 from json_each(${given}) o, concurrency_limit l where l.name = ${name}`,
    sql`update concurrency_limit set active_slots = case when slot_decay_per_second > 0 then ${overrides.length} else 0 end,
          slots_changed = ${now}, updated = ${now} where name = ${name} returning id`,
  ]);
  return touched(lastOf(results));
}
