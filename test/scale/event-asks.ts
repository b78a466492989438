import { resolveEventFilter } from "../../src/domain/events/filter.ts";
import { eventFilter } from "../../src/schemas/filters/events.ts";
import { logFilter } from "../../src/schemas/filters/logs.ts";
import { logSort } from "../../src/schemas/logs.ts";
import type { Database } from "../../src/store/client.ts";
import { storedEventCondition } from "../../src/store/events/filter.ts";
import { firstEvents, listEvents } from "../../src/store/events/read.ts";
import { listLogs } from "../../src/store/logs/read.ts";
import { idOf, startOf } from "./large-world.ts";
import type { Body } from "./members.ts";

const instant = (run: number) => new Date(startOf(run) / 1000).toISOString();
const resource = (run: number) => `prefect.flow-run.${idOf("run", run)}`;

/** Returns what events can be asked for in a world of so many; searches among labels and texts ask for what many events have. */
export const eventMembers = (events: number): Record<string, Body> => ({
  everything: {},
  "event.name": { event: { name: ["prefect.flow-run.Completed"] } },
  "event.name rare": { event: { name: ["custom.rare"] } },
  "event.name unknown": { event: { name: ["unknown"] } },
  "event.prefix": { event: { prefix: ["prefect.flow-run."] } },
  "event.prefix rare": { event: { prefix: ["custom."] } },
  "event.exclude_name": { event: { exclude_name: ["custom.rare"] } },
  "event.exclude_prefix": { event: { exclude_prefix: ["custom."] } },
  "resource.id": { resource: { id: [resource(5)] } },
  "resource.id_prefix": { resource: { id_prefix: ["prefect.flow-run.000000"] } },
  "resource.id_prefix unknown": { resource: { id_prefix: ["unknown"] } },
  "resource.labels": { resource: { labels: { "prefect.resource.name": "run-*" } } },
  "resource.labels id": { resource: { labels: { "prefect.resource.id": `${resource(5)}*` } } },
  "related.id": { related: { id: [`prefect.flow.${idOf("flow", 3)}`] } },
  "related.id common": { related: { id: ["prefect.tag.common"] } },
  "related.id unknown": { related: { id: ["unknown"] } },
  "related.role": { related: { role: ["flow"] } },
  "related.resources_in_roles": { related: { resources_in_roles: [[`prefect.flow.${idOf("flow", 3)}`, "flow"]] } },
  "related.labels": { related: { labels: { "prefect.resource.role": "tag" } } },
  "any_resource.id": { any_resource: { id: [resource(5)] } },
  "any_resource.id_prefix": { any_resource: { id_prefix: [resource(5)] } },
  "any_resource.labels": { any_resource: { labels: { "prefect.resource.name": "run-*" } } },
  id: { id: { id: ["e5", "e6"].map(() => idOf("run", 5)) } },
  text: { text: { query: "Completed" } },
  "occurred window": { occurred: { since: instant(events * 0.4), until: instant(events * 0.41) } },
  "occurred window, name": {
    occurred: { since: instant(events * 0.4), until: instant(events * 0.6) },
    event: { name: ["prefect.flow-run.Running"] },
  },
});

const resolved = (body: Body, now: number) =>
  resolveEventFilter(eventFilter.parse({ occurred: { since: instant(0) }, ...body }), now);

/** Asks for the first events in an order; returns their positions. */
export async function askEvents(db: Database, body: Body, order: "ASC" | "DESC", now: number): Promise<number[]> {
  const { rows } = await listEvents(db, { filter: resolved({ ...body, order }, now), limit: 50 });
  return (await rows.toArray()).map(({ position }) => position);
}

/** Asks the same in one plain statement. */
export async function askEventsPlainly(db: Database, body: Body, order: "ASC" | "DESC", now: number): Promise<number[]> {
  const where = storedEventCondition(resolved(body, now));
  const { rows } = await db.execute({
    sql: `select e.position from event e where ${where.sql} order by e.occurred ${order}, e.position ${order} limit 50`,
    args: where.args,
  });
  return rows.map(([position]) => Number(position));
}

/** Asks for the first events and how many match in all; returns that. */
export async function askEventTotal(db: Database, body: Body, now: number): Promise<number> {
  return (await firstEvents(db, { filter: resolved(body, now), limit: 50 })).total;
}

/** Returns what logs can be asked for in a world of so many. */
export const logMembers = (logs: number): Record<string, Body> => ({
  everything: {},
  "level.ge_": { level: { ge_: 40 } },
  "level.le_": { level: { le_: 20 } },
  "timestamp window": { timestamp: { after_: instant(logs * 0.4), before_: instant(logs * 0.41) } },
  "timestamp.before_": { timestamp: { before_: instant(logs * 0.4) } },
  "flow_run_id.any_": { flow_run_id: { any_: [idOf("run", 5)] } },
  "flow_run_id.any_ two": { flow_run_id: { any_: [idOf("run", 5), idOf("run", 6)] } },
  "flow_run_id.any_ unknown": { flow_run_id: { any_: [idOf("flow", 5)] } },
  "flow_run_id.any_, level": { flow_run_id: { any_: [idOf("run", 5)] }, level: { ge_: 20 } },
  "task_run_id.any_": { task_run_id: { any_: [idOf("taskRun", 3)] } },
  "task_run_id.is_null_": { task_run_id: { is_null_: true } },
  "task_run_id.is_null_ false": { task_run_id: { is_null_: false } },
  text: { text: { query: "orders" } },
});

export const logSorts = logSort.options;

/** Asks for the first logs; returns how many there are. */
export const askLogs = async (db: Database, body: Body, sort: string): Promise<number> =>
  (await (await listLogs(db, { filter: logFilter.parse(body), sort: logSort.parse(sort), limit: 50, offset: 0 })).toArray())
    .length;
