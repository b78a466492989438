// Measures pages and counts of many flow runs: `node test/store/sql/scale.ts [runs, 200000]`. Not part of the tests: it takes minutes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@libsql/client/http";
import { compileFlowRunFilters } from "../../../src/filters/index.ts";
import { startLibsqlServer } from "../../../src/local/libsql-server.ts";
import { applyMigrations } from "../../../src/local/migrations.ts";
import { freePorts } from "../../../src/local/processes.ts";
import { countBody, filtersOfFlowRuns } from "../../../src/schemas/filters/bodies.ts";
import type { FlowRunSort } from "../../../src/schemas/sorting.ts";
import type { Sql } from "../../../src/store/client.ts";
import { flowRunCountQuery, flowRunIdsQuery } from "../../../src/store/sql/page.ts";

// More at once would outlast the server's five seconds for a transaction: the ids are random, and there are many indexes.
const step = 10_000;
const runId = "printf('%08x-%07d', (i * 2654435761) % 4294967296, i)";
const numbers = (from: number, count: number) =>
  `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${from + count - 1})`;

const tagsOf = [
  ["'common'", "i % 10 <> 0"],
  ["'team-' || (i % 10)", "1"],
  ["'old'", "i < 2000"],
  ["'rare'", "i % 25000 = 8"],
];

async function fill(client: Client, runs: number): Promise<void> {
  await client.batch(
    [
      `INSERT INTO flow (id, created, updated, name) ${numbers(0, 200)} SELECT 'f' || i, i, i, 'flow-' || i FROM n`,
      `INSERT INTO deployment (id, created, updated, name, flow_id) ${numbers(0, 200)} SELECT 'd' || i, i, i, 'dep-' || i, 'f' || i FROM n`,
    ],
    "write",
  );
  for (let from = 0; from < runs; from += step) {
    const n = numbers(from, step);
    await client.batch(
      [
        `INSERT INTO flow_run (id, created, updated, name, flow_id, deployment_id, tags, state_type, state_name, expected_start_time, start_time, end_time)
          ${n}, s AS (SELECT i, CASE WHEN i % 1000 = 0 THEN 'RUNNING' WHEN i % 100 = 1 THEN 'SCHEDULED' WHEN i % 20 = 2 THEN 'FAILED' ELSE 'COMPLETED' END AS state FROM n)
          SELECT ${runId}, i, i, 'run-' || ((i * 7919) % 1000003), 'f' || ((i * 31) % 200), 'd' || ((i * 31) % 200), '["x"]', state, state, i, iif(state = 'SCHEDULED', NULL, i), i + 1 FROM s`,
        ...tagsOf.map(
          ([tag, where]) => `INSERT INTO flow_run_tag (tag, flow_run_id) ${n} SELECT ${tag}, ${runId} FROM n WHERE ${where}`,
        ),
        `INSERT INTO task_run (id, created, updated, name, flow_run_id, task_key, dynamic_key, state_type, state_name)
          ${n} SELECT 't' || i, i, i, 'task-' || (i % 50), ${runId}, 'k', '0', iif(i % 5000 = 0, 'FAILED', 'COMPLETED'), 'x' FROM n WHERE i % 4 = 0`,
      ],
      "write",
    );
  }
}

const any = (...any_: string[]) => ({ any_ });
const bodies: Record<string, Record<string, unknown>> = {
  everything: {},
  "common tag": { flow_runs: { tags: any("common") } },
  "old tag": { flow_runs: { tags: any("old") } },
  "rare tag": { flow_runs: { tags: any("rare") } },
  "unknown tag": { flow_runs: { tags: any("unknown") } },
  "common and rare tag": { flow_runs: { tags: { all_: ["common", "rare"] } } },
  "common tag, FAILED": { flow_runs: { tags: any("common"), state: { type: any("FAILED") } } },
  "common tag, RUNNING": { flow_runs: { tags: any("common"), state: { type: any("RUNNING") } } },
  "rare tag, COMPLETED": { flow_runs: { tags: any("rare"), state: { type: any("COMPLETED") } } },
  COMPLETED: { flow_runs: { state: { type: any("COMPLETED") } } },
  RUNNING: { flow_runs: { state: { type: any("RUNNING") } } },
  "four states": { flow_runs: { state: { type: any("COMPLETED", "FAILED", "CRASHED", "CANCELLED") } } },
  "state's name": { flow_runs: { state: { name: any("FAILED") } } },
  "a flow": { flows: { name: any("flow-5") } },
  "all flows": { flows: { name: { like_: "flow" } } },
  "no flow": { flows: { name: any("unknown") } },
  "a deployment": { deployments: { name: any("dep-5") } },
  "failed task": { task_runs: { state: { type: any("FAILED") } } },
  "completed task": { task_runs: { state: { type: any("COMPLETED") } } },
  "part of a name": { flow_runs: { name: { like_: "run-777" } } },
  "no part of a name": { flow_runs: { name: { like_: "unknown" } } },
};
const sorts: FlowRunSort[] = ["START_TIME_DESC", "EXPECTED_START_TIME_DESC", "ID_DESC", "NAME_ASC"];

async function milliseconds(client: Client, { sql, args }: Sql): Promise<string> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    await client.execute({ sql, args });
    best = Math.min(best, performance.now() - start);
  }
  return best.toFixed(1).padStart(9);
}

async function measure(client: Client): Promise<void> {
  console.log(
    `${"milliseconds".padEnd(22)}${[...sorts.map((sort) => sort.slice(0, 8)), "count"].map((text) => text.padStart(9)).join("")}`,
  );
  for (const [name, body] of Object.entries(bodies)) {
    const where = compileFlowRunFilters(countBody(filtersOfFlowRuns).parse(body));
    const times: string[] = [];
    for (const sort of sorts) times.push(await milliseconds(client, flowRunIdsQuery({ where, sort, limit: 50, offset: 0 })));
    times.push(await milliseconds(client, flowRunCountQuery({ where })));
    console.log(name.padEnd(22) + times.join(""));
  }
}

const folder = mkdtempSync(join(tmpdir(), "milliways-scale-"));
const [port = 0] = await freePorts(1);
const server = await startLibsqlServer({ folder: join(folder, "database"), port, logFile: join(folder, "server.log") });
try {
  const client = createClient({ url: server.url });
  await applyMigrations(client);
  await fill(client, Number(process.argv[2] ?? 200_000));
  await measure(client);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
