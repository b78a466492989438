import type { Deps } from "../../src/deps.ts";
import { rowMapper } from "../../src/store/sql/rows.ts";
import { type DeploymentRow, deployment } from "../../src/store/tables/deployments.ts";
import { type FlowRunRow, flowRun } from "../../src/store/tables/flow-runs.ts";
import { type FlowRow, flow } from "../../src/store/tables/flows.ts";

const flows = rowMapper(flow);
const deployments = rowMapper(deployment);
const runs = rowMapper(flowRun);

/** 2035-01-01T00:00:00Z. */
export const newYear = 2_051_222_400_000_000;
export const hour = 3_600_000_000;

/** Stores a flow; returns its id. */
export async function storeFlow({ db, newId, now }: Deps): Promise<string> {
  const row: FlowRow = { id: newId(), created: now(), updated: now(), name: newId(), tags: [], labels: {} };
  await db.execute(flows.insert(row));
  return row.id;
}

/** Stores a deployment; returns its id. */
export async function storeDeployment({ db, newId, now }: Deps, flow_id: string, given: Partial<DeploymentRow>): Promise<string> {
  const row: DeploymentRow = {
    id: newId(),
    created: now(),
    updated: now(),
    name: newId(),
    flow_id,
    description: null,
    version: null,
    path: null,
    entrypoint: null,
    paused: false,
    tags: [],
    labels: {},
    parameters: {},
    parameter_openapi_schema: {},
    enforce_parameter_schema: true,
    job_variables: {},
    pull_steps: null,
    concurrency_limit_id: null,
    concurrency_options: null,
    work_queue_id: null,
    work_queue_name: null,
    infrastructure_document_id: null,
    storage_document_id: null,
    last_polled: null,
    status: "NOT_READY",
    created_by: null,
    updated_by: null,
    ...given,
  };
  await db.execute(deployments.insert(row));
  return row.id;
}

/** Returns the row of a flow run that waits for the new year of 2035. */
export const waitingRun = ({ newId, now }: Deps, flow_id: string, given: Partial<FlowRunRow>): FlowRunRow => ({
  id: newId(),
  created: now(),
  updated: now(),
  name: newId(),
  flow_id,
  deployment_id: null,
  deployment_version: null,
  work_queue_id: null,
  work_queue_name: null,
  flow_version: null,
  parameters: {},
  idempotency_key: null,
  context: {},
  empirical_policy: {},
  tags: [],
  labels: {},
  parent_task_run_id: null,
  state_id: null,
  state_type: "SCHEDULED",
  state_name: "Scheduled",
  state_timestamp: now(),
  run_count: 0,
  expected_start_time: newYear,
  next_scheduled_start_time: newYear,
  start_time: null,
  end_time: null,
  total_run_time: 0,
  auto_scheduled: false,
  infrastructure_document_id: null,
  infrastructure_pid: null,
  created_by: null,
  job_variables: {},
  concurrency_limit_id: null,
  ...given,
});

/** Stores a flow run; returns its id. */
export async function storeRun(deps: Deps, flow_id: string, given: Partial<FlowRunRow>): Promise<string> {
  const row = waitingRun(deps, flow_id, given);
  await deps.db.write([
    runs.insert(row),
    ...row.tags.map((tag) => ({ sql: "insert into flow_run_tag (tag, flow_run_id) values (?, ?)", args: [tag, row.id] })),
  ]);
  return row.id;
}

/** What the events of a database say, oldest first. */
export async function toldEvents({ db }: Deps, like = "%"): Promise<Told[]> {
  const result = await db.execute({
    sql: `select e.event, e.resource, e.related, e.payload, e.follows, e.id, e.occurred
      from event e where e.event like ? order by e.occurred, e.position`,
    args: [like],
  });
  return result.rows.map((row) => ({
    event: String(row[0]),
    resource: JSON.parse(String(row[1])),
    related: JSON.parse(String(row[2])),
    payload: JSON.parse(String(row[3])),
    follows: row[4] === null ? null : String(row[4]),
    id: String(row[5]),
    occurred: Number(row[6]),
  }));
}

export interface Told {
  readonly event: string;
  readonly resource: Record<string, string>;
  readonly related: Record<string, string>[];
  readonly payload: unknown;
  readonly follows: string | null;
  readonly id: string;
  readonly occurred: number;
}

/** A clock that a test moves; it never stands still. */
export function movableClock(): { readonly now: () => number; readonly advance: (seconds: number) => void } {
  let at = Date.now() * 1000;
  return {
    now: () => ++at,
    advance: (seconds) => {
      at += seconds * 1_000_000;
    },
  };
}
