import { importTable } from "../../store/import/table.ts";
import { rowMapper } from "../../store/sql/rows.ts";
import { artifact, artifactCollection } from "../../store/tables/artifacts.ts";
import { automation } from "../../store/tables/automations.ts";
import { blockSchema, blockType } from "../../store/tables/blocks.ts";
import { concurrencyLimit } from "../../store/tables/concurrency-limits.ts";
import { deployment, deploymentSchedule } from "../../store/tables/deployments.ts";
import { event } from "../../store/tables/events.ts";
import { flowRun, flowRunState } from "../../store/tables/flow-runs.ts";
import { flow } from "../../store/tables/flows.ts";
import { log } from "../../store/tables/logs.ts";
import { savedSearch } from "../../store/tables/saved-searches.ts";
import { taskRun, taskRunState } from "../../store/tables/task-runs.ts";
import { variable } from "../../store/tables/variables.ts";
import { workPool, workQueue } from "../../store/tables/work-pools.ts";

const named = { unique: ["name"] } as const;

/** The kinds of objects of an import, but for block documents. */
export const kinds = {
  flows: { name: "flows", table: importTable(rowMapper(flow), named) },
  pools: {
    name: "work pools",
    table: importTable(rowMapper(workPool), named),
    // Statuses follow from workers and polls.
    ignored: ["status", "last_status_event_id", "last_status_event_time"],
  },
  queues: {
    name: "work queues",
    table: importTable(rowMapper(workQueue), { unique: ["work_pool_id", "name"] }),
    ignored: ["status", "last_polled"],
  },
  limits: {
    name: "concurrency limits",
    table: importTable(rowMapper(concurrencyLimit), named),
    // Slots are not imported: their holders renew their leases at the source.
    ignored: ["active_slots", "denied_slots", "avg_slot_occupancy_seconds", "slots_changed"],
  },
  blockTypes: {
    name: "block types",
    table: importTable(rowMapper(blockType), { unique: ["slug"] }),
    // Each registration by a client, and the server's own types, bring these again.
    ignored: ["updated", "logo_url", "documentation_url", "description", "code_example", "is_protected"],
  },
  blockSchemas: { name: "block schemas", table: importTable(rowMapper(blockSchema), { unique: ["checksum", "version"] }) },
  variables: { name: "variables", table: importTable(rowMapper(variable), named) },
  deployments: {
    name: "deployments",
    table: importTable(rowMapper(deployment), { unique: ["flow_id", "name"] }),
    ignored: ["status", "last_polled"],
  },
  schedules: { name: "deployment schedules", table: importTable(rowMapper(deploymentSchedule)), ignored: ["due"] },
  searches: { name: "saved searches", table: importTable(rowMapper(savedSearch), named) },
  automations: { name: "automations", table: importTable(rowMapper(automation)) },
  flowRuns: {
    name: "flow runs",
    table: importTable(rowMapper(flowRun)),
    // The parent is linked after both runs are stored.
    ignored: ["parent_task_run_id"],
  },
  flowRunStates: { name: "flow run states", table: importTable(rowMapper(flowRunState)) },
  taskRuns: { name: "task runs", table: importTable(rowMapper(taskRun)) },
  taskRunStates: { name: "task run states", table: importTable(rowMapper(taskRunState)) },
  artifacts: { name: "artifacts", table: importTable(rowMapper(artifact)) },
  collections: { name: "artifact collections", table: importTable(rowMapper(artifactCollection), { unique: ["key"] }) },
  logs: {
    name: "logs",
    table: importTable(rowMapper(log), { near: "timestamp", numbered: "position" }),
    ignored: ["position"],
  },
  events: { name: "events", table: importTable(rowMapper(event), { numbered: "position" }), ignored: ["position"] },
} as const;
