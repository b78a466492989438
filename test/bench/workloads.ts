import { type ApiClient, dataOf, done } from "../support/api-client.ts";

// What is measured: the requests that clients make most, each with what it costs the database: one entry a round trip, its statements.
const far = "2035-01-01T00:00:00Z";
/** How many objects there are. */
export interface Size {
  readonly deployments: number;
  readonly flowRuns: number;
}

const large: Size = { deployments: 1000, flowRuns: 5000 };

export function pick<T>(list: readonly T[], i: number): T {
  const found = list[i % list.length];
  if (found === undefined) throw new Error("there is nothing to pick from");
  return found;
}

/** The ids that workloads need. */
export interface World {
  readonly flows: string[];
  readonly deployments: string[];
}

/** Fills a database through the API and returns the ids that workloads need. */
export async function seed(api: ApiClient, { deployments, flowRuns } = large): Promise<World> {
  await dataOf(api.POST("/work_pools/", { body: { name: "bench", type: "process", base_job_template: {} } }));
  const world: World = { flows: [], deployments: [] };
  const each = async (n: number, make: (i: number) => Promise<unknown>) => {
    let next = 0;
    const work = async () => {
      while (next < n) await make(next++);
    };
    await Promise.all(Array.from({ length: 8 }, work));
  };
  await each(100, async (i) => {
    world.flows[i] = (await dataOf(api.POST("/flows/", { body: { name: `flow-${i}` } }))).id;
  });
  await each(deployments, async (i) => {
    const body = {
      name: `deployment-${i}`,
      flow_id: pick(world.flows, i),
      tags: [`team-${i % 10}`],
      work_pool_name: "bench",
      parameters: { i },
    };
    world.deployments[i] = (await dataOf(api.POST("/deployments/", { body }))).id;
  });
  const types = ["SCHEDULED", "RUNNING", "COMPLETED", "FAILED"] as const;
  await each(flowRuns, (i) =>
    dataOf(
      api.POST("/flow_runs/", {
        body: {
          name: `run-${i}`,
          flow_id: pick(world.flows, i),
          tags: [`team-${i % 10}`],
          state: { type: pick(types, i) },
        },
      }),
    ),
  );
  return world;
}

const at = () => new Date().toISOString();

export interface Workload {
  readonly name: string;
  /** The floor of one unit: one entry a round trip, its statements. */
  readonly batches: readonly number[];
  /** Does one unit. */
  readonly run: (api: ApiClient, world: World, i: number) => Promise<unknown>;
}

export const workloads: readonly Workload[] = [
  {
    name: "page of 50 deployments by tag, with count",
    batches: [2],
    run: (api, _world, i) =>
      dataOf(
        api.POST("/deployments/paginate", {
          body: { limit: 50, page: 1 + (i % 2), deployments: { tags: { all_: [`team-${i % 10}`] } } },
        }),
      ),
  },
  {
    name: "one deployment",
    batches: [1],
    run: (api, world, i) => dataOf(api.GET("/deployments/{id}", { params: { path: { id: pick(world.deployments, i * 7) } } })),
  },
  {
    name: "50 flow runs by state and tag, newest first",
    batches: [1],
    run: (api, _world, i) =>
      dataOf(
        api.POST("/flow_runs/filter", {
          body: {
            limit: 50,
            sort: "START_TIME_DESC",
            flow_runs: { state: { type: { any_: ["COMPLETED", "FAILED"] } }, tags: { all_: [`team-${i % 10}`] } },
          },
        }),
      ),
  },
  {
    name: "count of flow runs by state",
    batches: [1],
    run: (api, _world, i) =>
      dataOf(
        api.POST("/flow_runs/count", {
          body: { flow_runs: { state: { type: { any_: [pick(["RUNNING", "FAILED"] as const, i)] } } } },
        }),
      ),
  },
  {
    name: "life of a run: create, pending, running, completed",
    batches: [1, 6, 1, 5, 1, 5, 1, 5],
    async run(api, world, i) {
      const path = { id: pick(world.deployments, i * 7 + 1) };
      const { id } = await dataOf(api.POST("/deployments/{id}/create_flow_run", { params: { path }, body: {} }));
      for (const type of ["PENDING", "RUNNING", "COMPLETED"] as const)
        await dataOf(api.POST("/flow_runs/{id}/set_state", { params: { path: { id } }, body: { state: { type } } }));
    },
  },
  {
    name: "100 logs",
    batches: [1],
    run: (api, _world, i) => {
      const line = (_: unknown, k: number) => ({ name: "bench", level: 20, message: `line ${k} of ${i}`, timestamp: at() });
      return dataOf(api.POST("/logs/", { body: Array.from({ length: 100 }, line) }));
    },
  },
  {
    name: "20 events",
    batches: [2],
    run: (api) => {
      const event = () => ({
        id: crypto.randomUUID(),
        occurred: at(),
        event: "bench.event",
        resource: { "prefect.resource.id": "bench.resource" },
        related: [{ "prefect.resource.id": "bench.other", "prefect.resource.role": "other" }],
      });
      return done(api.POST("/events", { body: Array.from({ length: 20 }, event) }));
    },
  },
  {
    name: "60 runs of a schedule",
    batches: [1, 6, 1, 5],
    async run(api, world, i) {
      const schedules = [{ schedule: { interval: 60, anchor_date: far } }];
      const name = `scheduled-${crypto.randomUUID()}`;
      const { id } = await dataOf(api.POST("/deployments/", { body: { name, flow_id: pick(world.flows, i), schedules } }));
      const body = { start_time: far, end_time: "2035-01-01T00:59:30Z" };
      await dataOf(api.POST("/deployments/{id}/schedule", { params: { path: { id } }, body }));
    },
  },
];
