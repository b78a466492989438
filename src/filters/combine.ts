import type { ArtifactCollectionFilter, ArtifactFilter } from "../schemas/filters/artifacts.ts";
import type { DeploymentFilter } from "../schemas/filters/deployments.ts";
import type { FlowRunFilter } from "../schemas/filters/flow-runs.ts";
import type { FlowFilter } from "../schemas/filters/flows.ts";
import type { TaskRunFilter } from "../schemas/filters/task-runs.ts";
import type { WorkPoolFilter } from "../schemas/filters/work-pools.ts";
import type { WorkQueueFilter } from "../schemas/filters/work-queues.ts";
import { lowerArtifacts } from "./lower/artifacts.ts";
import { lowerDeployments } from "./lower/deployments.ts";
import { lowerFlowRuns } from "./lower/flow-runs.ts";
import { lowerFlows } from "./lower/flows.ts";
import { lowerTaskRuns } from "./lower/task-runs.ts";
import { lowerWorkPools, lowerWorkQueues } from "./lower/work-pools.ts";
import { and, type Predicate, some } from "./predicate.ts";

/** The filters of one request. One that is sent, even `{}`, asks for a related row. */
export interface Filters {
  flows?: FlowFilter;
  flow_runs?: FlowRunFilter;
  task_runs?: TaskRunFilter;
  deployments?: DeploymentFilter;
  work_pools?: WorkPoolFilter;
  /** Two names of the same filter: endpoints differ in which they know. */
  work_pool_queues?: WorkQueueFilter;
  work_queues?: WorkQueueFilter;
}

/** Flows: `flow_runs` and `task_runs` are met by one and the same run, `deployments` and `work_pools` by one and the same deployment. */
export const combineForFlows = ({ flows, flow_runs, task_runs, deployments, work_pools }: Filters): Predicate =>
  and(
    flows && lowerFlows(flows),
    (flow_runs || task_runs) && some("flow.flow_runs", ...runWithTaskRuns({ flow_runs, task_runs })),
    (deployments || work_pools) &&
      some(
        "flow.deployments",
        deployments && lowerDeployments(deployments),
        work_pools && some("deployment.work_queue", some("work_queue.work_pool", lowerWorkPools(work_pools))),
      ),
  );

const runWithTaskRuns = ({ flow_runs, task_runs }: Pick<Filters, "flow_runs" | "task_runs">) => [
  flow_runs && lowerFlowRuns(flow_runs),
  task_runs && some("flow_run.task_runs", lowerTaskRuns(task_runs)),
];

/** Flow runs: `work_pools` and queues are those of the run's own queue. */
export const combineForFlowRuns = (filters: Filters): Predicate =>
  and(
    ...runWithTaskRuns(filters),
    filters.flows && some("flow_run.flow", lowerFlows(filters.flows)),
    filters.deployments && some("flow_run.deployment", lowerDeployments(filters.deployments)),
    ownQueue("flow_run.work_queue", filters),
  );

/** Task runs: every other filter is met by the task run's flow run. */
export function combineForTaskRuns({ task_runs, ...filters }: Filters): Predicate {
  const ofTheRun = Object.values(filters).some((filter) => filter !== undefined);
  return and(
    task_runs && lowerTaskRuns(task_runs),
    ofTheRun ? some("task_run.flow_run", combineForFlowRuns(filters)) : undefined,
  );
}

/** Deployments: `flow_runs` and `task_runs` are met by one and the same run, pools and queues by the deployment's queue. */
export const combineForDeployments = (filters: Filters): Predicate =>
  and(
    filters.deployments && lowerDeployments(filters.deployments),
    filters.flows && some("deployment.flow", lowerFlows(filters.flows)),
    (filters.flow_runs || filters.task_runs) && some("deployment.flow_runs", ...runWithTaskRuns(filters)),
    ownQueue("deployment.work_queue", filters),
  );

interface ArtifactFilters extends Pick<Filters, "flow_runs" | "task_runs" | "flows" | "deployments"> {
  artifacts?: ArtifactFilter | ArtifactCollectionFilter;
}

/** Artifacts and their collections: `flow_runs`, `flows` and `deployments` are met by the flow run, `task_runs` by the task run that made it. */
export function combineForArtifacts({ artifacts, task_runs, ...ofTheRun }: ArtifactFilters): Predicate {
  const { flow_runs, flows, deployments } = ofTheRun;
  return and(
    artifacts && lowerArtifacts(artifacts),
    flow_runs || flows || deployments ? some("artifact.flow_run", combineForFlowRuns(ofTheRun)) : undefined,
    task_runs && some("artifact.task_run", lowerTaskRuns(task_runs)),
  );
}

function ownQueue(relation: "flow_run.work_queue" | "deployment.work_queue", filters: Filters): Predicate | undefined {
  const { work_pools, work_pool_queues, work_queues } = filters;
  if (!work_pools && !work_pool_queues && !work_queues) return undefined;
  return some(
    relation,
    work_pool_queues && lowerWorkQueues(work_pool_queues),
    work_queues && lowerWorkQueues(work_queues),
    work_pools && some("work_queue.work_pool", lowerWorkPools(work_pools)),
  );
}
