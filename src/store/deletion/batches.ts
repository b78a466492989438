import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { listOfIds } from "../sql/rows.ts";
import { number, selection, text } from "../sql/selection.ts";
import { always, type Guard, nothing, raw, sql } from "../sql/tag.ts";

export type RunTable = "flow_run" | "task_run";

/** Tables whose rows name their run without a foreign key. */
export type Beside = "log" | "artifact";

/** Runs to delete: their table, what goes with them though no foreign key says so, and the bound of a transaction. */
export interface Doomed {
  readonly table: RunTable;
  readonly beside: readonly Beside[];
  /** The most rows that a transaction deletes, foreign keys' included. */
  readonly most: number;
}

export interface SizedRun {
  readonly id: string;
  /** How many rows go with the run, itself included; more than a transaction's where there are too many to count. */
  readonly rows: number;
}

const owned: Record<RunTable, readonly string[]> = {
  flow_run: ["flow_run_state", "flow_run_tag", "flow_run_input"],
  task_run: ["task_run_state", "task_run_tag", "task_run_delivery"],
};

const ofTaskRun = [...owned.task_run.map((table) => `${table} c on c.task_run_id`), "flow_run c on c.parent_task_run_id"];

/** Returns the expression for how many rows go with the run `r`; what would take long to count is more than a transaction's. */
export function rowsOfRun({ table, beside, most }: Doomed): Sql {
  const direct = [...owned[table], ...beside].map((child) => `${child} c where c.${table}_id = r.id`);
  const indirect =
    table === "task_run"
      ? ["flow_run c where c.parent_task_run_id = r.id"]
      : ofTaskRun.map((child) => `task_run t cross join ${child} = t.id where t.flow_run_id = r.id`);
  const bound = Math.ceil(most / 5);
  const counts = [...direct, ...indirect].map(
    (rows) => `(select iif(count(*) > ${bound}, ${most + 1}, count(*)) from (select 1 from ${rows} limit ${bound + 1}))`,
  );
  const sum = `1 + ${counts.join(" + ")}`;
  if (table === "task_run") return raw(sum);
  // Task runs are counted first: what is to be counted of each is not looked for among too many.
  const taskRuns = `(select count(*) from (select 1 from task_run t where t.flow_run_id = r.id limit ${bound + 1}))`;
  return raw(`iif(${taskRuns} > ${bound}, ${most + 1}, ${taskRuns} + ${sum})`);
}

const sizedRuns = (doomed: Doomed) => selection({ id: text("r.id"), rows: number(rowsOfRun(doomed)) });

/** Returns the runs of a statement of ids, in its order, with their rows. */
export async function readSizedRuns(db: Database, doomed: Doomed, ids: Sql): Promise<SizedRun[]> {
  const selected = sizedRuns(doomed);
  return selected.rows(
    await db.execute(sql`select ${selected.columns} from (${ids}) chosen cross join ${raw(doomed.table)} r on r.id = chosen.id`),
  );
}

/** Returns the condition that a statement of ids gives at most so many runs, and that their rows fit one transaction. */
export const rowsFit = (doomed: Doomed, ids: Sql, runs: number): Sql =>
  sql`coalesce((select count(*) <= ${runs} and sum(size) <= ${doomed.most} from (
    select ${rowsOfRun(doomed)} as size from (${ids}) chosen cross join ${raw(doomed.table)} r on r.id = chosen.id)), 1)`;

/** Returns the first of the runs that go in one transaction: none where the first has too many rows. */
export function runsThatFit(runs: readonly SizedRun[], most: number): string[] {
  const ids: string[] = [];
  let rows = 0;
  for (const run of runs) {
    rows += run.rows;
    if (rows > most) break;
    ids.push(run.id);
  }
  return ids;
}

/** Returns the statements that delete the runs of these ids that meet a condition on `r`, and what goes with them. */
export function deleteRuns({ table, beside }: Doomed, ids: readonly string[], isDoomed: Guard = always): Sql[] {
  const chosen = listOfIds(ids);
  const name = raw(table);
  const ofGoneRuns = sql`${name}_id in (${chosen}) and not exists (select 1 from ${name} r where r.id = ${name}_id)`;
  return [
    // A cross join is never reordered: through an index for the condition, SQLite would read every row that meets it.
    sql`delete from ${name} where id in (select r.id from (${chosen}) chosen cross join ${name} r on r.id = chosen.value where ${isDoomed})`,
    ...beside.flatMap((child) =>
      child === "artifact"
        ? deleteArtifacts(sql`select id from artifact where ${ofGoneRuns}`)
        : [sql`delete from ${raw(child)} where ${ofGoneRuns}`],
    ),
  ];
}

// The key of each table, and an order in which an index finds the rows of a run.
const sliced = {
  flow_run_state: ["id", "timestamp"],
  flow_run_input: ["id", "key"],
  task_run_state: ["id", "timestamp"],
  log: ["position", "timestamp"],
  artifact: ["id", "rowid"],
} as const;

/**
 * Deletes some rows of a run that has too many for one transaction, as long as a condition on the run `r` holds; the run itself and its
 * current state stay. Returns false when none is left.
 */
export async function deleteSomeRowsOf(
  db: Database,
  { table, beside, most }: Doomed,
  id: string,
  isDoomed?: Guard,
): Promise<boolean> {
  const run = raw(table);
  const holds = isDoomed === undefined ? always : sql`exists (select 1 from ${run} r where r.id = ${id} and ${isDoomed})`;
  const isPast = sql` and id <> (select state_id from ${run} where id = ${id})`;
  const slice = (child: keyof typeof sliced, and: Sql = nothing): Sql[] => {
    const [key, order] = sliced[child];
    const chosen = sql`select ${raw(key)} from ${raw(child)} where ${run}_id = ${id}${and} and ${holds}
      order by ${raw(order)} limit ${Math.ceil(most / 10)}`;
    return child === "artifact" ? deleteArtifacts(chosen) : [sql`delete from ${raw(child)} where ${raw(key)} in (${chosen})`];
  };
  const own =
    table === "task_run"
      ? slice("task_run_state", isPast)
      : [...slice("flow_run_state", isPast), ...slice("flow_run_input"), deleteSomeTaskRuns(id, Math.floor(most / 2), holds)];
  const results = await db.write([...own, ...beside.flatMap((child) => slice(child))]);
  return results.some(({ rowsAffected }) => rowsAffected > 0);
}

// As many task runs as have so many rows: at least one, because the states of one task run are few beside a transaction's rows.
function deleteSomeTaskRuns(flow_run_id: string, most: number, holds: Guard): Sql {
  const counts = ofTaskRun.map((child) => `(select count(*) from ${child.replace(" on ", " where ")} = t.id)`);
  const sized = sql`select t.id, t.rowid as place, 1 + ${raw(counts.join(" + "))} as size from task_run t
    where t.flow_run_id = ${flow_run_id} and ${holds} order by t.state_type, t.rowid limit ${most}`;
  return sql`delete from task_run where id in (
    select id from (select id, size, sum(size) over (order by place) as total from (${sized})) where total <= ${most} or total = size)`;
}

/** Returns the statements that delete artifacts: the newest other one of its key takes the place of a latest one, or the key goes. */
export function deleteArtifacts(ids: Sql): Sql[] {
  const columns = ["id", "created", "updated", "type", "data", "description", "metadata_", "flow_run_id", "task_run_id"];
  const set = columns.map((column) => `${column === "id" ? "latest_id" : column} = n.${column}`);
  return [
    sql`update artifact_collection as c set ${raw(set.join(", "))} from artifact n where c.latest_id in (${ids}) and n.id = (
      select a.id from artifact a where a.key = c.key and a.id not in (${ids}) order by a.created desc, a.id desc limit 1)`,
    sql`delete from artifact_collection where latest_id in (${ids})`,
    sql`delete from artifact where id in (${ids})`,
  ];
}

export type DeletedKind = "flow" | "deployment" | "flow_run" | "task_run";

/** Returns the statement that records a deletion which takes several transactions. */
export const recordDeletion = (kind: DeletedKind, id: string, now: Micros): Sql =>
  sql`insert into pending_deletion (kind, id, created) values (${kind}, ${id}, ${now}) on conflict do nothing`;

/** Returns the statement that removes the records of complete deletions. */
export const forgetDeletions = (kind: DeletedKind, ids: readonly string[]): Sql =>
  sql`delete from pending_deletion where kind = ${kind} and id in (${listOfIds(ids)})`;

const pending = selection({ kind: text("kind"), id: text("id") });

/** Returns the oldest deletions that are not complete. */
export const readPendingDeletions = async (db: Database, limit: number): Promise<{ kind: string; id: string }[]> =>
  pending.rows(await db.execute(sql`select ${pending.columns} from pending_deletion order by created, kind, id limit ${limit}`));
