import type { Json } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";
import type { ResultSet, Sql } from "../client.ts";
import { type LimitNow, limitsAt } from "../concurrency-limits/rows.ts";
import { rowMapper } from "../sql/rows.ts";
import { cell, numberOrNull, optional, packed, selection, text, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { type DeploymentRow, type DeploymentScheduleRow, deployment, deploymentSchedule } from "../tables/deployments.ts";

export const deployments = rowMapper(deployment);
export const schedules = rowMapper(deploymentSchedule);

/** A stored deployment with its schedules, its limit at a given time and its queue. */
export interface StoredDeployment {
  readonly row: DeploymentRow;
  readonly work_queue: { readonly id: string; readonly name: string; readonly last_polled: Micros | null } | null;
  readonly work_pool_name: string | null;
  /** The most recently updated first. */
  readonly schedules: readonly DeploymentScheduleRow[];
  readonly concurrency_limit: LimitNow | null;
}

// Marked as JSON, so that the packed row contains a list instead of a string.
const schedulesOfDeployment = sql`json((select json_group_array(json_array(${schedules.columns("s")})) from (
    select * from deployment_schedule where deployment_id = d.id order by updated desc, id desc) s))`;

const readSchedules = (lists: unknown): DeploymentScheduleRow[] =>
  Array.isArray(lists) ? lists.filter(Array.isArray).map((values) => schedules.row(values)) : [];

/** The selection of a deployment (alias d) with everything in its response. */
const deploymentsAt = (now: Micros) =>
  packed(
    selection({
      row: deployments.cells("d"),
      work_queue: optional(selection({ id: text("q.id"), name: text("q.name"), last_polled: numberOrNull("q.last_polled") })),
      work_pool_name: textOrNull("p.name"),
      schedules: cell(schedulesOfDeployment, readSchedules),
      concurrency_limit: optional(limitsAt("l", now)),
    }),
  );

const joins = sql`left join work_queue q on q.id = d.work_queue_id left join work_pool p on p.id = q.work_pool_id
  left join concurrency_limit l on l.id = d.concurrency_limit_id`;

/** The list parts of deployments chosen by a statement of ids. */
export const deploymentParts = (now: Micros) => ({
  ...deploymentsAt(now),
  from: "deployment d",
  key: "d.id",
  joins,
  size: `${deployments.size("d")} + coalesce((select sum(${schedules.size("s")}) from deployment_schedule s where s.deployment_id = d.id), 0)`,
});

/** A statement that reads one deployment, with the mapping of its row; null where there is none. */
export interface SelectedDeployment {
  readonly statement: Sql;
  first(result: ResultSet | undefined): StoredDeployment | null;
}

/** Returns the selection of deployments; `from` ends with the alias d, `rest` follows the joins. */
export function selectDeployments({ from, rest, now }: { from: Sql; rest: Sql; now: Micros }): SelectedDeployment {
  const { columns, first } = deploymentsAt(now);
  return { statement: sql`select ${columns} from ${from} ${joins} ${rest}`, first };
}

/** Returns the selection of one deployment by its id. */
export const selectDeployment = (id: string, now: Micros): SelectedDeployment =>
  selectDeployments({ from: sql`deployment d`, rest: sql`where d.id = ${id}`, now });

/** Returns a row's schedule; only results of `completeSchedule` are ever stored. */
export const scheduleOf = ({ schedule }: { readonly schedule: Json }): StoredSchedule => schedule as StoredSchedule;
