import type { Stamps } from "../../domain/surroundings.ts";
import type { Micros } from "../../lib/time.ts";
import { type Database, DatabaseUnavailable, type Sql } from "../client.ts";
import { deleteDeployments } from "../deployments/change.ts";
import { selectScheduledRuns } from "../deployments/runs.ts";
import { deleteFlowRuns } from "../flow-runs/change.ts";
import { deleteFlows, selectRunsOfFlows } from "../flows.ts";
import { lastOf, listOfIds, readCount, readIds } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { deleteTaskRuns } from "../task-runs/change.ts";
import {
  type DeletedKind,
  type Doomed,
  deleteRuns,
  deleteSomeRowsOf,
  forgetDeletions,
  readPendingDeletions,
  readSizedRuns,
  recordDeletion,
  rowsFit,
  runsThatFit,
} from "./batches.ts";

interface Deleting extends Stamps {
  readonly db: Database;
}

interface Kind {
  /** Returns the statement for the ids of some runs that go with the objects, or that are these. */
  readonly runs: (ids: Sql, limit: number) => Sql;
  /** Returns the statements that delete the objects with all that is left of their runs; the last one returns the ids. */
  readonly remove: (ids: Sql, stamps: Stamps, count: number) => Sql[];
  readonly doomed: Doomed;
}

const most = 5000;
// Where each has as many rows as are counted at most, to count those of so many runs takes half a second, and half of a tenth.
const runsAtOnce = 200;
const fewRuns = 20;
const requestBudget: Micros = 20_000_000;

const themselves = (ids: Sql, limit: number): Sql => sql`select id from (${ids}) order by id limit ${limit}`;

const kinds: Record<DeletedKind, Kind> = {
  flow: {
    runs: selectRunsOfFlows,
    remove: (ids, { newId, now }, count) => deleteFlows(ids, Array.from({ length: count }, newId), now()),
    doomed: { table: "flow_run", beside: [], most },
  },
  deployment: { runs: selectScheduledRuns, remove: deleteDeployments, doomed: { table: "flow_run", beside: [], most } },
  flow_run: {
    runs: themselves,
    remove: (ids, { now }) => deleteFlowRuns(ids, now()),
    doomed: { table: "flow_run", beside: ["log"], most },
  },
  task_run: { runs: themselves, remove: deleteTaskRuns, doomed: { table: "task_run", beside: ["log"], most } },
};

/**
 * Deletes objects with their runs; returns the ids of those that existed. One round trip, and further ones with transactions of at most
 * 5,000 rows where there are more: runs go first, so that an object is found until it goes with the last of them. Throws
 * DatabaseUnavailable (503) after 20 seconds; cron continues.
 */
export async function deleteObjects(deps: Deleting, kind: DeletedKind, ids: readonly string[]): Promise<string[]> {
  const { runs, remove, doomed } = kinds[kind];
  const all = listOf(ids);
  const isSmall = rowsFit(doomed, runs(all, fewRuns + 1), fewRuns);
  const [small, ...results] = await deps.db.write([
    sql`select ${isSmall}`,
    ...remove(sql`select id from (${all}) where ${isSmall}`, deps, ids.length),
  ]);
  if (readCount(small) === 1) return readIds(lastOf(results));
  const deleted = await deleteUntil(deps, kind, ids, deps.now() + requestBudget);
  if (deleted === null) throw new DatabaseUnavailable("the deletion takes longer and is continued");
  return deleted;
}

const listOf = (ids: readonly string[]): Sql => sql`select value as id from (${listOfIds(ids)})`;

/** Continues deletions whose request ended before they were complete. */
export async function continueDeletions(deps: Deleting, budget: Micros): Promise<void> {
  const end = deps.now() + budget;
  for (const { kind, id } of await readPendingDeletions(deps.db, 100)) {
    if (isKind(kind)) await deleteUntil(deps, kind, [id], end);
    if (deps.now() >= end) return;
  }
}

const isKind = (kind: string): kind is DeletedKind => kind in kinds;

// Null where the time is over. A deletion that takes more than one transaction is recorded from the first of them to the last.
async function deleteUntil(deps: Deleting, kind: DeletedKind, ids: readonly string[], end: Micros): Promise<string[] | null> {
  const { db, now } = deps;
  const { runs, remove, doomed } = kinds[kind];
  const all = listOf(ids);
  const finish = async () => readIds(lastOf(await db.write([forgetDeletions(kind, ids), ...remove(all, deps, ids.length)])));
  const chosen = runs(all, runsAtOnce + 1);
  for (;;) {
    const sized = await readSizedRuns(db, doomed, chosen);
    const fitting = runsThatFit(sized, most);
    const [first] = sized;
    const [id = ""] = ids;
    if (first === undefined || (sized.length <= runsAtOnce && fitting.length === sized.length)) return finish();
    if (ids.length > 1) return deleteOneByOne(deps, kind, ids, end);
    if (now() >= end) return null;
    await db.write([recordDeletion(kind, id, now()), ...deleteRuns(doomed, fitting)]);
    if (fitting.length > 0) continue;
    while (await deleteSomeRowsOf(db, doomed, first.id)) if (now() >= end) return null;
    if (first.id === id) return finish();
    await db.write(deleteRuns(doomed, [first.id]));
  }
}

async function deleteOneByOne(deps: Deleting, kind: DeletedKind, ids: readonly string[], end: Micros): Promise<string[] | null> {
  const deleted: string[] = [];
  for (const id of ids) {
    const one = await deleteUntil(deps, kind, [id], end);
    if (one === null) return null;
    deleted.push(...one);
  }
  return deleted;
}
