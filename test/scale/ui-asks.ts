import { compileFlowRunFilters, compileTaskRunFilters } from "../../src/filters/index.ts";
import { uiFlowRunHistory, uiTaskRunCount, uiTaskRunDashboard } from "../../src/schemas/ui.ts";
import { countTaskRunOutcomes } from "../../src/services/count-task-run-outcomes.ts";
import type { Database } from "../../src/store/client.ts";
import { countTaskRunsOfFlowRuns, listChartedFlowRuns } from "../../src/store/ui/flow-runs.ts";
import { countDeploymentsOfFlows, readNextRunsOfFlows } from "../../src/store/ui/flows.ts";
import { countTaskRunsByState, readTaskRunWithFlowRun } from "../../src/store/ui/task-runs.ts";
import { idOf, startOf } from "./large-world.ts";

/** A question of the web interface, as the API asks the store for it. */
export interface UiAsk {
  readonly name: string;
  readonly ask: (db: Database) => Promise<unknown>;
}

/** Returns what the web interface asks of a world of so many runs: pages of ids, charts without filters and with those of its forms. */
export function uiAsks(runs: number): readonly UiAsk[] {
  const instant = (run: number) => new Date(startOf(run) / 1000).toISOString();
  const now = () => startOf(runs);
  const ids = (kind: "flow" | "run", first: number) => Array.from({ length: 200 }, (_, i) => idOf(kind, first + i));
  const flow = { flows: { id: { any_: [idOf("flow", 3)] } } };
  const tag = { flow_runs: { tags: { all_: ["team-3"] } } };
  const last = (share: number) => ({ after_: instant(runs * (1 - share)), before_: instant(runs) });
  const history = (name: string, body: object): UiAsk => ({
    name: `flow_runs/history ${name}`,
    ask: async (db) => {
      const { sort, limit, offset, ...filters } = uiFlowRunHistory.parse(body);
      const rows = await listChartedFlowRuns(db, { where: compileFlowRunFilters(filters), sort, limit, offset }, now());
      return rows.toArray();
    },
  });
  const count = (name: string, body: object): UiAsk => ({
    name: `task_runs/count ${name}`,
    ask: (db) => countTaskRunsByState(db, compileTaskRunFilters(uiTaskRunCount.parse(body))),
  });
  const chart = (name: string, share: number, body: object = {}, more: object = {}): UiAsk => ({
    name: `task_runs/dashboard/counts ${name}`,
    ask: (db) =>
      countTaskRunOutcomes({ db, now }, uiTaskRunDashboard.parse({ task_runs: { start_time: last(share), ...more }, ...body })),
  });
  return [
    { name: "flows/count-deployments", ask: (db) => countDeploymentsOfFlows(db, ids("flow", 0)) },
    { name: "flows/next-runs", ask: (db) => readNextRunsOfFlows(db, ids("flow", 0)) },
    { name: "flow_runs/count-task-runs", ask: (db) => countTaskRunsOfFlowRuns(db, ids("run", 100)) },
    { name: "flow_runs/count-task-runs of a large run", ask: (db) => countTaskRunsOfFlowRuns(db, ids("run", 0)) },
    history("of all", {}),
    history("of a flow", flow),
    history("of a tag", tag),
    history("of a day", { flow_runs: { expected_start_time: last(0.08) } }),
    count("of all", {}),
    count("of a flow", flow),
    count("of a flow run", { flow_runs: { id: { any_: [idOf("run", 6)] } } }),
    count("of a day", { task_runs: { start_time: last(0.08) } }),
    chart("of a day", 0.08),
    chart("of a tag in a day", 0.08, tag),
    chart("of a flow in a day", 0.08, flow),
    chart("of all", 1),
    chart("of a flow run", 1, {}, { flow_run_id: { any_: [idOf("run", 6)] } }),
    { name: "task_runs/{id}", ask: (db) => readTaskRunWithFlowRun(db, idOf("taskRun", 6)) },
  ];
}
