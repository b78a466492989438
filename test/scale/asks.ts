import {
  compileDeploymentFilters,
  compileFlowFilters,
  compileFlowRunFilters,
  compileTaskRunFilters,
  compileWorkPoolFilters,
  compileWorkQueueFilters,
} from "../../src/filters/index.ts";
import type { Predicate } from "../../src/filters/predicate.ts";
import type { Rows } from "../../src/lib/rows.ts";
import { countBody, filtersOfFlowRuns } from "../../src/schemas/filters/bodies.ts";
import { workQueueFilter } from "../../src/schemas/filters/work-queues.ts";
import { deploymentSort, flowRunSort, flowSort, taskRunSort } from "../../src/schemas/sorting.ts";
import type { Database } from "../../src/store/client.ts";
import { countDeployments, listDeployments } from "../../src/store/deployments/read.ts";
import { countFlowRuns, listFlowRuns } from "../../src/store/flow-runs/read.ts";
import { countFlows, listFlows } from "../../src/store/flows/read.ts";
import { countTaskRuns, listTaskRuns } from "../../src/store/task-runs/read.ts";
import { countWorkPools, listWorkPools } from "../../src/store/work-pools/read.ts";
import { listWorkQueues } from "../../src/store/work-queues/read.ts";
import { type Body, type Entity, membersOf } from "./members.ts";

type Filters = Partial<Record<Entity, Body>>;
type Listed = Exclude<Entity, "work_pool_queues"> | "work_queues";

/** A list or a count with its filters, as the API asks the store for it. */
export interface Ask {
  readonly listed: Listed;
  /** The sort of a page; absent for a count. */
  readonly sort?: string;
  readonly filters: Filters;
  /** The members of the filters, for people. */
  readonly name: string;
}

const sorts: Record<Listed, readonly string[]> = {
  flows: flowSort.options,
  flow_runs: flowRunSort.options,
  task_runs: taskRunSort.options,
  deployments: deploymentSort.options,
  work_pools: ["NAME_ASC"],
  work_queues: ["NAME_ASC"],
};

// Which filters the endpoints take.
const taken: Record<Listed, readonly Entity[]> = {
  flows: ["flows", "flow_runs", "task_runs", "deployments", "work_pools"],
  flow_runs: ["flow_runs", "flows", "task_runs", "deployments", "work_pools", "work_pool_queues"],
  task_runs: ["task_runs", "flow_runs", "flows", "deployments"],
  deployments: ["deployments", "flows", "flow_runs", "task_runs", "work_pools", "work_pool_queues"],
  work_pools: ["work_pools"],
  work_queues: ["work_pool_queues"],
};

const filtersOf = (listed: Listed, runs: number): { name: string; filters: Filters }[][] => {
  const members = membersOf(runs);
  return taken[listed].map((entity) =>
    Object.entries(members[entity]).map(([name, body]) => ({ name: `${entity}.${name}`, filters: { [entity]: body } })),
  );
};

/** Every filter member that a list takes, alone, and no filter at all. */
export const alone = (listed: Listed, runs: number) => [{ name: "everything", filters: {} }, ...filtersOf(listed, runs).flat()];

/** Every two members of filters of different entities. */
export function pairs(listed: Listed, runs: number): { name: string; filters: Filters }[] {
  const byEntity = filtersOf(listed, runs);
  return byEntity.flatMap((ones, i) =>
    byEntity
      .slice(i + 1)
      .flatMap((others) =>
        ones.flatMap((one) =>
          others.map((other) => ({ name: `${one.name} + ${other.name}`, filters: { ...one.filters, ...other.filters } })),
        ),
      ),
  );
}

export const sortsOf = (listed: Listed): readonly string[] => sorts[listed];

const isCounted = (listed: Listed) => listed !== "work_queues";

/** Returns the page in every order, and the count, of each of the filters. */
export const asksOf = (listed: Listed, filters: readonly { name: string; filters: Filters }[]): Ask[] =>
  filters.flatMap((one): Ask[] => [
    ...sorts[listed].map((sort) => ({ listed, sort, ...one })),
    ...(isCounted(listed) ? [{ listed, ...one }] : []),
  ]);

const page = { limit: 50, offset: 0 };

/** Returns the condition that the filters make on the rows of the list. */
export function whereOf({ listed, filters }: Ask): Predicate {
  const { work_pool_queues: queues, ...rest } = filters;
  const work_pool_queues = queues && workQueueFilter.parse(queues);
  const body = { ...countBody(filtersOfFlowRuns).parse(rest), ...(work_pool_queues && { work_pool_queues }) };
  switch (listed) {
    case "flows":
      return compileFlowFilters(body);
    case "flow_runs":
      return compileFlowRunFilters(body);
    case "task_runs":
      return compileTaskRunFilters(body);
    case "deployments":
      return compileDeploymentFilters(body);
    case "work_pools":
      return compileWorkPoolFilters(body);
    case "work_queues":
      return compileWorkQueueFilters(work_pool_queues ? { work_queues: work_pool_queues } : {});
  }
}

/** Has the store read a page or a count; returns how many rows were returned or counted. */
export async function ask(db: Database, one: Ask): Promise<number> {
  const { listed, sort } = one;
  const where = whereOf(one);
  const lengthOf = async (rows: Promise<Rows<unknown>>) => (await (await rows).toArray()).length;
  switch (listed) {
    case "flows":
      return sort === undefined ? countFlows(db, where) : lengthOf(listFlows(db, { where, sort: flowSort.parse(sort), ...page }));
    case "flow_runs":
      if (sort === undefined) return countFlowRuns(db, where);
      return lengthOf(listFlowRuns(db, { where, sort: flowRunSort.parse(sort), ...page }));
    case "task_runs":
      if (sort === undefined) return countTaskRuns(db, where);
      return lengthOf(listTaskRuns(db, { where, sort: taskRunSort.parse(sort), ...page }));
    case "deployments":
      if (sort === undefined) return countDeployments(db, where);
      return lengthOf(listDeployments(db, { where, sort: deploymentSort.parse(sort), ...page }, 0));
    case "work_pools":
      return sort === undefined ? countWorkPools(db, where) : lengthOf(listWorkPools(db, { where, ...page }));
    case "work_queues":
      return lengthOf(listWorkQueues(db, { where, ...page }));
  }
}
