import type { Json } from "../../schemas/json.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";
import type { Micros } from "../../schemas/time.ts";
import type { ResultSet, Sql } from "../client.ts";
import { type LimitNow, limitColumns } from "../concurrency-limits/limits.ts";
import { packRow, rowMapper, unpackRows } from "../rows.ts";
import { raw, sql } from "../sql/tag.ts";
import { concurrencyLimit } from "../tables/concurrency-limits.ts";
import { type DeploymentRow, type DeploymentScheduleRow, deployment, deploymentSchedule } from "../tables/deployments.ts";

export const deployments = rowMapper(deployment);
export const schedules = rowMapper(deploymentSchedule);
const limits = rowMapper(concurrencyLimit);

/** A deployment as it is stored, with its schedules, its limit at a moment and the queue it is in. */
export interface StoredDeployment {
  readonly row: DeploymentRow;
  readonly work_queue: { readonly id: string; readonly name: string; readonly last_polled: Micros | null } | null;
  readonly work_pool_name: string | null;
  /** Those changed last come first. */
  readonly schedules: readonly DeploymentScheduleRow[];
  readonly concurrency_limit: LimitNow | null;
}

// Marked as JSON, so that it is a list within the packed row and no text.
const schedulesOfDeployment = `json((select json_group_array(json_array(${schedules.columns("s")})) from (
    select * from deployment_schedule where deployment_id = d.id order by updated desc, id desc) s))`;

/** The columns of a deployment (alias d) with all that its answer shows; `readStoredDeployments` reads them. */
function deploymentColumns(now: Micros): Sql {
  const limit = limitColumns("l", now);
  return sql`${raw(deployments.columns("d"))}, q.id, q.name, q.last_polled, p.name, ${raw(schedulesOfDeployment)}, ${limit}`;
}

const joins = `left join work_queue q on q.id = d.work_queue_id left join work_pool p on p.id = q.work_pool_id
  left join concurrency_limit l on l.id = d.concurrency_limit_id`;

/** How deployments that a statement of ids has chosen are read. */
export const deploymentParts = (now: Micros) => {
  const columns = deploymentColumns(now);
  return {
    columns: { sql: packRow(columns.sql), args: columns.args },
    from: "deployment d",
    key: "d.id",
    joins,
    size: `${deployments.size("d")} + coalesce((select sum(${schedules.size("s")}) from deployment_schedule s where s.deployment_id = d.id), 0)`,
    read: unpackStoredDeployments,
  };
};

/** Returns the statement that reads deployments; `from` ends with one of the alias d, `rest` begins behind the joins. */
export function selectDeployments({ from, rest, now }: { from: Sql; rest: Sql; now: Micros }): Sql {
  const columns = deploymentColumns(now);
  return {
    sql: `select ${packRow(columns.sql)} from ${from.sql} ${joins} ${rest.sql}`,
    args: [...columns.args, ...from.args, ...rest.args],
  };
}

/** The statement that reads one deployment by its id. */
export const selectDeployment = (id: string, now: Micros): Sql =>
  selectDeployments({ from: sql`deployment d`, rest: sql`where d.id = ${id}`, now });

const queueOffset = deployments.names.length;
const scheduleOffset = queueOffset + 4;
const limitOffset = scheduleOffset + 1;

const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

function readStoredDeployment(values: ArrayLike<unknown>): StoredDeployment {
  const id = values[queueOffset];
  const last_polled = values[queueOffset + 2];
  return {
    row: deployments.row(values),
    work_queue:
      typeof id === "string"
        ? {
            id,
            name: String(values[queueOffset + 1]),
            last_polled: typeof last_polled === "number" ? last_polled : null,
          }
        : null,
    work_pool_name: textOrNull(values[queueOffset + 3]),
    schedules: readSchedules(values[scheduleOffset]),
    concurrency_limit: readLimit(values),
  };
}

const readLimit = (values: ArrayLike<unknown>): LimitNow | null =>
  values[limitOffset] === null
    ? null
    : { ...limits.row(values, limitOffset), active_slots: Number(values[limitOffset + limits.names.length]) };

const readSchedules = (lists: unknown): DeploymentScheduleRow[] =>
  Array.isArray(lists) ? lists.filter(Array.isArray).map((values) => schedules.row(values)) : [];

const unpackStoredDeployments = (result: ResultSet | undefined): IteratorObject<StoredDeployment, undefined> =>
  unpackRows(result).map(readStoredDeployment);

/** Returns the deployments of a result of `selectDeployments`. */
export const readStoredDeployments = (result: ResultSet | undefined): StoredDeployment[] =>
  unpackStoredDeployments(result).toArray();

/** Returns what a stored schedule says: only what `completeSchedule` gives is ever written. */
export const scheduleOf = ({ schedule }: { readonly schedule: Json }): StoredSchedule => schedule as StoredSchedule;
