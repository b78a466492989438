import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { readCount, readIds } from "../sql/rows.ts";
import { selection, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";

/** A document or a schema that refers to another: by the child's id, or for schemas by its checksum. */
export interface Link {
  readonly parent_id: string;
  readonly name: string;
  readonly child: string;
}

/** Links documents to those they refer to, where both are stored and the link is missing. */
export async function linkDocuments(db: Database, links: readonly Link[]): Promise<void> {
  await db.write([
    sql`insert into block_document_reference (parent_id, name, child_id)
      select l.value ->> 'parent_id', l.value ->> 'name', c.id from json_each(${stringifyJson(links)}) l
      join block_document c on c.id = l.value ->> 'child' join block_document p on p.id = l.value ->> 'parent_id'
      where true on conflict do nothing`,
  ]);
}

/** Links schemas to the newest schemas with the checksums that they nest, where both are stored and the link is missing. */
export async function linkSchemas(db: Database, links: readonly Link[]): Promise<void> {
  await db.write([
    sql`insert into block_schema_reference (parent_id, name, child_id)
      select p.id, l.value ->> 'name', c.id from json_each(${stringifyJson(links)}) l
      join block_schema p on p.id = l.value ->> 'parent_id'
      join block_schema c on c.id = (select s.id from block_schema s where s.checksum = l.value ->> 'child' order by s.created desc, s.id limit 1)
      where not exists (select 1 from block_schema_reference r where r.parent_id = p.id and r.name = l.value ->> 'name'
        and r.child_id in (select s.id from block_schema s where s.checksum = l.value ->> 'child'))
      on conflict do nothing`,
  ]);
}

/** Sets the parent task runs of flow runs that have none, and returns how many of the parents are not stored. */
export async function linkParents(
  db: Database,
  pairs: readonly (readonly [flowRun: string, taskRun: string])[],
): Promise<number> {
  const list = stringifyJson(pairs);
  const results = await db.write([
    sql`update flow_run set parent_task_run_id = l.value ->> 1 from json_each(${list}) l
      where flow_run.id = l.value ->> 0 and flow_run.parent_task_run_id is null
        and exists (select 1 from task_run t where t.id = l.value ->> 1)`,
    sql`select count(*) from json_each(${list}) l where not exists (select 1 from task_run t where t.id = l.value ->> 1)`,
  ]);
  return readCount(results[1]);
}

/**
 * The statement after stored events of another server: no trigger looks at them, because what they tell happened elsewhere and its
 * automations have run there.
 */
export const passEvents: Sql = sql`update automation_trigger set since = (select coalesce(max(position), 0) from event) where since is not null`;

/** Returns the ids of the stored limits. */
export async function limitIds(db: Database): Promise<ReadonlySet<string>> {
  return new Set(readIds(await db.execute(sql`select id from concurrency_limit`)));
}

const namedQueue = selection({ id: text("q.id"), pool: text("p.name"), name: text("q.name") });

/** The stored work queues: which ids there are, and the id by the names of pool and queue. */
export interface StoredQueues {
  readonly ids: ReadonlySet<string>;
  byName(pool: string, queue: string): string | null;
}

/** Returns the stored work queues. */
export async function storedQueues(db: Database): Promise<StoredQueues> {
  const found = namedQueue.rows(
    await db.execute(sql`select ${namedQueue.columns} from work_queue q join work_pool p on p.id = q.work_pool_id`),
  );
  const named = new Map(found.map(({ id, pool, name }) => [stringifyJson([pool, name]), id]));
  return { ids: new Set(found.map(({ id }) => id)), byName: (pool, queue) => named.get(stringifyJson([pool, queue])) ?? null };
}

/** Returns the statement that makes a new deployment's active schedules due. */
export const scheduleFrom = (id: string, now: Micros): Sql =>
  sql`update deployment_schedule set due = ${now} where id = ${id} and active = 1
    and (select paused from deployment where id = deployment_schedule.deployment_id) = 0`;

/** Returns whether the database has the tables of the API. */
export async function hasTables(db: Database): Promise<boolean> {
  try {
    await db.execute(sql`select count(*) from api_key`);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes("no such table")) return false;
    throw error;
  }
}
