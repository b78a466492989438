import type { Stamps } from "../../domain/surroundings.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Rows } from "../../lib/rows.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { deploymentEvents } from "../events/deployments.ts";
import { isGivenUp } from "../flow-runs/given-up.ts";
import { flowRunJoins, flowRunParts, type StoredFlowRun } from "../flow-runs/rows.ts";
import { readRows, sizeColumns, slicesOf } from "../slices.ts";
import { rowMapper, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { type WorkQueueRow, workQueue } from "../tables/work-pools.ts";

const queues = rowMapper(workQueue);

/** The parameters of a runner's poll. */
export interface Poll {
  readonly deployment_ids: readonly string[];
  readonly scheduled_before: Micros | null;
  readonly limit: number;
  /** Runs that their deployments' policies give up at this time are not handed out. */
  readonly now: Micros;
}

const listed = (ids: readonly string[]): Sql => sql`(select value from json_each(${stringifyJson(ids)}))`;

/** Returns the unstarted runs of deployments, earliest first. One round trip; nothing is reserved. */
export const pollDeployments = (db: Database, poll: Poll): Promise<Rows<StoredFlowRun>> =>
  readRows(db, {
    ...slicesOf(flowRunParts),
    rows: selectDue(poll),
    sizes: due(poll, sizeColumns("r.id", flowRunParts.size)),
  });

/** The statement that finds the runs of a poll; exported for its query plan. */
export const selectDue = (poll: Poll): Sql => due(poll, flowRunParts.columns);

function due({ deployment_ids, scheduled_before, limit, now }: Poll, selected: Sql): Sql {
  const before: Sql = scheduled_before === null ? sql`` : sql`and r.next_scheduled_start_time <= ${scheduled_before}`;
  return sql`with head as (
        select run.value as id from json_each(${stringifyJson([...new Set(deployment_ids)])}) d cross join json_each((
          select json_group_array(id) from (
            select r.id from flow_run r where r.deployment_id = d.value and r.state_type = 'SCHEDULED' ${before}
              and not ${isGivenUp(now)}
            order by r.next_scheduled_start_time, r.rowid limit ${limit}))) run
      ), chosen as (
        select r.rowid as place, r.next_scheduled_start_time as due from head cross join flow_run r on r.id = head.id
        order by r.next_scheduled_start_time, r.rowid limit ${limit}
      )
      select ${selected} from chosen cross join flow_run r on r.rowid = chosen.place ${flowRunJoins}
      order by chosen.due, chosen.place`;
}

/** The age of `last_polled` from which a poll renews it: much less than the timeout after which a deployment is not ready. */
const renewAfter: Micros = 15_000_000;

/** Records a poll of these deployments: they become READY, with an event. `updated` stays, since a poll is not an update. */
export async function recordPoll(db: Database, deployment_ids: readonly string[], stamps: Stamps): Promise<void> {
  if (deployment_ids.length === 0) return;
  const now = stamps.now();
  const polled = sql`d.id in ${listed(deployment_ids)}`;
  const stale = sql`${polled} and (d.status = 'NOT_READY' or d.last_polled is null or d.last_polled < ${now - renewAfter})`;
  await db.write([
    deploymentEvents("ready", stamps, sql`${polled} and d.status = 'NOT_READY'`),
    sql`update deployment as d set last_polled = ${now}, status = 'READY' where ${stale}`,
  ]);
}

/** Returns the queues whose filter matches the deployment's runs, oldest first; null if there is no such deployment. */
export async function queuesFor(db: Database, deployment_id: string): Promise<WorkQueueRow[] | null> {
  const [deployment, found] = await db.read([
    sql`select id from deployment where id = ${deployment_id}`,
    sql`select ${queues.columns("q")} from deployment d cross join work_queue q where d.id = ${deployment_id}
        and not exists (select 1 from json_each(q.filter, '$.tags') wanted where wanted.value is not null
          and not exists (select 1 from deployment_tag t where t.tag = wanted.value and t.deployment_id = d.id))
        and (coalesce(json_array_length(q.filter, '$.deployment_ids'), 0) = 0
          or d.id in (select value from json_each(q.filter, '$.deployment_ids')))
        order by q.created, q.id`,
  ]);
  return touched(deployment) ? queues.rows(found) : null;
}
