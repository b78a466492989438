import { stringifyJson } from "../../lib/json.ts";
import type { Database, Sql } from "../client.ts";
import { type NewFlowRun, newFlowRunStatements } from "../flow-runs/create.ts";
import { flowRunJoins, type StoredFlowRun, storedFlowRuns } from "../flow-runs/rows.ts";
import { writeIf } from "../sql/guarded.ts";
import { lastOf } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { type DeploymentRunFacts, runFactsHold } from "./run-facts.ts";

/**
 * Stores new flow runs of one deployment, all or none; `before` are statements for the objects they refer to. Returns, in order,
 * the run of each idempotency key: an existing one, or an earlier one of the list, is kept.
 */
export async function storeRunsOfDeployment(
  db: Database,
  runs: readonly NewFlowRun[],
  before: readonly Sql[],
): Promise<StoredFlowRun[]> {
  return storedFlowRuns.rows(lastOf(await db.write([...before, ...statementsOf(runs)])));
}

/** Stores new flow runs that were decided from cached facts, as `storeRunsOfDeployment` does; null where these no longer hold. */
export async function storeRunsFromCachedFacts(
  db: Database,
  runs: readonly NewFlowRun[],
  cached: DeploymentRunFacts,
): Promise<StoredFlowRun[] | null> {
  const results = await writeIf(db, runFactsHold(cached), statementsOf(runs));
  return results === null ? null : storedFlowRuns.rows(lastOf(results));
}

const statementsOf = (runs: readonly NewFlowRun[]): Sql[] => [...runs.flatMap(newFlowRunStatements), selectStored(runs)];

const selectStored = (
  runs: readonly NewFlowRun[],
): Sql => sql`select ${storedFlowRuns.columns} from json_each(${stringifyJson(runs.map(({ row }) => [row.id, row.idempotency_key]))}) w cross join flow_run r on r.id = coalesce(
      (select k.id from flow_run k where k.flow_id = ${runs[0]?.row.flow_id ?? null} and k.idempotency_key = w.value ->> 1), w.value ->> 0) ${flowRunJoins}
    order by w.key`;
