import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { linkIndexes } from "../sql/emit.ts";
import { number, selection, text } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";

const deploymentCounts = selection({
  id: text("f.value"),
  count: number(
    sql`(select count(*) from deployment d indexed by ${raw(linkIndexes["flow.deployments"] ?? "")} where d.flow_id = f.value)`,
  ),
});

/** Returns the statement that counts the deployments of each of these flows. */
export const deploymentCountsQuery = (flow_ids: readonly string[]): Sql =>
  sql`select ${deploymentCounts.columns} from (select distinct value from json_each(${stringifyJson(flow_ids)})) f`;

/** Returns how many deployments each of these flows has, 0 for unknown ones. One round trip. */
export const countDeploymentsOfFlows = async (
  db: Database,
  flow_ids: readonly string[],
): Promise<readonly { readonly id: string; readonly count: number }[]> =>
  deploymentCounts.rows(await db.execute(deploymentCountsQuery(flow_ids)));

/** The scheduled run of a flow that starts first. */
export interface NextFlowRun {
  readonly id: string;
  readonly flow_id: string;
  readonly name: string;
  readonly state_name: string;
  readonly next_scheduled_start_time: Micros;
}

const nextRuns = selection({
  id: text("r.id"),
  flow_id: text("r.flow_id"),
  name: text("r.name"),
  state_name: text("r.state_name"),
  next_scheduled_start_time: number("r.next_scheduled_start_time"),
});

/** Returns the statement that finds the next scheduled run of each of these flows. */
export const nextRunsQuery = (flow_ids: readonly string[]): Sql =>
  sql`select ${nextRuns.columns} from (select distinct value from json_each(${stringifyJson(flow_ids)})) f
    cross join flow_run r on r.rowid = (select x.rowid from flow_run x indexed by ${raw(linkIndexes["flow.flow_runs"] ?? "")}
      where x.flow_id = f.value and x.state_type = 'SCHEDULED' and x.next_scheduled_start_time is not null
      order by x.next_scheduled_start_time, x.id limit 1)`;

/** Returns the next scheduled run of each of these flows that has one. One round trip. */
export const readNextRunsOfFlows = async (db: Database, flow_ids: readonly string[]): Promise<readonly NextFlowRun[]> =>
  nextRuns.rows(await db.execute(nextRunsQuery(flow_ids)));
