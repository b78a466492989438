// What is measured: the requests that clients make most, each with what it costs the database: one entry a round trip, its statements.
const far = "2035-01-01T00:00:00Z";
const pick = (list, i) => list[i % list.length];
const deployments = 1000;
const flowRuns = 5000;

/** Fills a database through the API and returns the ids that workloads need. */
export async function seed(call) {
  await call("POST", "/work_pools/", { name: "bench", type: "process", base_job_template: {} });
  const world = { flows: [], deployments: [] };
  const each = async (n, make) => {
    let next = 0;
    const work = async () => {
      while (next < n) await make(next++);
    };
    await Promise.all(Array.from({ length: 8 }, work));
  };
  await each(100, async (i) => {
    world.flows[i] = (await call("POST", "/flows/", { name: `flow-${i}` })).id;
  });
  await each(deployments, async (i) => {
    const body = {
      name: `deployment-${i}`,
      flow_id: pick(world.flows, i),
      tags: [`team-${i % 10}`],
      work_pool_name: "bench",
      parameters: { i },
    };
    world.deployments[i] = (await call("POST", "/deployments/", body)).id;
  });
  const types = ["SCHEDULED", "RUNNING", "COMPLETED", "FAILED"];
  await each(flowRuns, (i) =>
    call("POST", "/flow_runs/", {
      name: `run-${i}`,
      flow_id: pick(world.flows, i),
      tags: [`team-${i % 10}`],
      state: { type: pick(types, i) },
    }),
  );
  return world;
}

const at = () => new Date().toISOString();

/** `run` does one unit; `batches` is the floor of one unit. */
export const workloads = [
  {
    name: "page of 50 deployments by tag, with count",
    batches: [2],
    run: (call, _world, i) =>
      call("POST", "/deployments/paginate", {
        limit: 50,
        page: 1 + (i % 2),
        deployments: { tags: { all_: [`team-${i % 10}`] } },
      }),
  },
  {
    name: "one deployment",
    batches: [1],
    run: (call, world, i) => call("GET", `/deployments/${pick(world.deployments, i * 7)}`),
  },
  {
    name: "50 flow runs by state and tag, newest first",
    batches: [1],
    run: (call, _world, i) =>
      call("POST", "/flow_runs/filter", {
        limit: 50,
        sort: "START_TIME_DESC",
        flow_runs: { state: { type: { any_: ["COMPLETED", "FAILED"] } }, tags: { all_: [`team-${i % 10}`] } },
      }),
  },
  {
    name: "count of flow runs by state",
    batches: [1],
    run: (call, _world, i) =>
      call("POST", "/flow_runs/count", { flow_runs: { state: { type: { any_: [pick(["RUNNING", "FAILED"], i)] } } } }),
  },
  {
    name: "life of a run: create, pending, running, completed",
    batches: [1, 6, 1, 5, 1, 5, 1, 5],
    async run(call, world, i) {
      const { id } = await call("POST", `/deployments/${pick(world.deployments, i * 7 + 1)}/create_flow_run`, {});
      for (const type of ["PENDING", "RUNNING", "COMPLETED"])
        await call("POST", `/flow_runs/${id}/set_state`, { state: { type } });
    },
  },
  {
    name: "100 logs",
    batches: [1],
    run: (call, _world, i) =>
      call(
        "POST",
        "/logs/",
        Array.from({ length: 100 }, (_, k) => ({ name: "bench", level: 20, message: `line ${k} of ${i}`, timestamp: at() })),
      ),
  },
  {
    name: "20 events",
    batches: [2],
    run: (call) =>
      call(
        "POST",
        "/events",
        Array.from({ length: 20 }, () => ({
          id: crypto.randomUUID(),
          occurred: at(),
          event: "bench.event",
          resource: { "prefect.resource.id": "bench.resource" },
          related: [{ "prefect.resource.id": "bench.other", "prefect.resource.role": "other" }],
        })),
      ),
  },
  {
    name: "60 runs of a schedule",
    batches: [1, 6, 1, 5],
    async run(call, world, i) {
      const schedules = [{ schedule: { interval: 60, anchor_date: far } }];
      const name = `scheduled-${crypto.randomUUID()}`;
      const { id } = await call("POST", "/deployments/", { name, flow_id: pick(world.flows, i), schedules });
      await call("POST", `/deployments/${id}/schedule`, { start_time: far, end_time: "2035-01-01T00:59:30Z" });
    },
  },
];
