import type { Stamps } from "../../domain/surroundings.ts";
import type { Predicate } from "../../filters/predicate.ts";
import type { Database, Sql } from "../client.ts";
import { deploymentEvents } from "../events/deployments.ts";
import { readIds, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { selectDeploymentIds } from "./read.ts";
import { deleteScheduledRuns } from "./runs.ts";
import { dueFrom } from "./schedules.ts";

/** Pauses a deployment and deletes its scheduled runs that have not started. Returns false if there is no such deployment. */
export async function pauseDeployment(db: Database, id: string, stamps: Stamps): Promise<boolean> {
  const theDeployment: Sql = sql`select ${id}`;
  const [found] = await db.write([
    ...setPaused(id, true, stamps),
    deleteScheduledRuns(theDeployment, { auto_scheduled_only: true, after: null }),
  ]);
  return touched(found);
}

/** Resumes a deployment's schedules; returns false if there is no such deployment. */
export async function resumeDeployment(db: Database, id: string, stamps: Stamps): Promise<boolean> {
  const [found] = await db.write(setPaused(id, false, stamps));
  return touched(found);
}

// `updated` changes only if `paused` does.
function setPaused(id: string, paused: boolean, stamps: Stamps): Sql[] {
  const now = stamps.now();
  return [
    sql`select id from deployment where id = ${id}`,
    sql`update deployment set paused = ${paused ? 1 : 0}, updated = max(${now}, updated + 1) where id = ${id} and paused <> ${paused ? 1 : 0}`,
    dueFrom(id, now),
  ];
}

/** Returns the ids of the first deployments by name that match. */
export const listDeploymentIds = async (db: Database, where: Predicate, limit: number): Promise<string[]> =>
  readIds(await db.execute(selectDeploymentIds({ where, sort: "NAME_ASC", limit, offset: 0 })));

/** Returns the statements that delete deployments with their unstarted runs, schedules and limits; the last one returns their ids. */
export const deleteDeployments = (ids: Sql, stamps: Stamps): Sql[] => [
  deploymentEvents("deleted", stamps, sql`d.id in (${ids})`),
  deleteScheduledRuns(ids, { auto_scheduled_only: false, after: null }),
  sql`delete from concurrency_limit where id in (
        select concurrency_limit_id from deployment where id in (${ids}) and concurrency_limit_id is not null)`,
  sql`delete from deployment where id in (${ids}) returning id`,
];
