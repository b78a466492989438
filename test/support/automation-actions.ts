import { randomUUID } from "node:crypto";
import type { Deps } from "../../src/deps.ts";
import type { Firing } from "../../src/domain/automations/firing.ts";
import { formatTime } from "../../src/lib/time.ts";
import type { Action } from "../../src/schemas/automations/actions.ts";
import type { Automation } from "../../src/schemas/automations/automations.ts";
import type { EventTrigger } from "../../src/schemas/automations/triggers.ts";
import { doAutomationActions } from "../../src/services/automation-actions/index.ts";
import { insertFiring } from "../../src/store/automation-actions/insert.ts";
import { sql } from "../../src/store/sql/tag.ts";
import type { TestApp } from "./app.ts";

export const eventTrigger: EventTrigger = {
  type: "event",
  id: "00000000-0000-4000-8000-00000000000a",
  match: {},
  match_related: {},
  after: [],
  expect: ["it.happened"],
  for_each: [],
  posture: "Reactive",
  threshold: 1,
  within: 0,
};

export const automationWith = (actions: readonly Action[], more: Partial<Automation> = {}): Automation => ({
  id: randomUUID(),
  created: formatTime(Date.now() * 1000),
  updated: formatTime(Date.now() * 1000),
  name: "the automation",
  description: "",
  enabled: true,
  tags: [],
  trigger: eventTrigger,
  actions: [...actions],
  actions_on_trigger: [],
  actions_on_resolve: [],
  ...more,
});

type Cause = NonNullable<Firing["triggering_event"]>;

/** An event that fires an automation. */
export const causeOf = (more: Partial<Cause> = {}): Cause => ({
  id: randomUUID(),
  occurred: formatTime(Date.now() * 1000),
  event: "it.happened",
  resource: { "prefect.resource.id": "thing.1" },
  related: [],
  payload: {},
  follows: null,
  received: formatTime(Date.now() * 1000),
  ...more,
});

export const firingOf = (
  automation: Automation,
  triggering_event: Firing["triggering_event"],
  more: Partial<Firing> = {},
): Firing => ({
  id: randomUUID(),
  trigger: automation.trigger,
  trigger_states: ["Triggered"],
  triggered: formatTime(Date.now() * 1000),
  triggering_labels: {},
  triggering_firings: [],
  triggering_event,
  ...more,
});

/** Queues the actions of a firing as an evaluator does; returns their invocations. */
export async function queueFiring(app: TestApp, automation: Automation, firing: Firing): Promise<string[]> {
  const deps = app.deps();
  const invocations = [...automation.actions, ...automation.actions_on_trigger].map(() => deps.newId());
  const fired = { automation, firing, triggered: deps.now(), triggered_event_id: deps.newId(), invocations };
  await deps.db.write(insertFiring(fired, sql`1`));
  return invocations;
}

export const actionDeps = (app: TestApp, more: Partial<Deps> = {}): Deps => ({ ...app.deps(), ...more });

/** A later time than every pause before another attempt. */
export const later = () => (Date.now() + 3_600_000) * 1000;

/** Queues one firing of actions and does them; returns the events that tell their ends, by their indexes. */
export async function fire(
  app: TestApp,
  actions: readonly Action[],
  cause: Firing["triggering_event"] = causeOf(),
  more: Partial<Firing> = {},
) {
  const automation = automationWith(actions);
  const invocations = await queueFiring(app, automation, firingOf(automation, cause, more));
  await doAutomationActions(actionDeps(app));
  return { automation, invocations, ends: await endsOf(app, automation.id) };
}

type End = { payload: { action_index: number } };

/** Returns the events `executed` and `failed` of an automation's actions in the order of the actions. */
export async function endsOf(app: TestApp, automation_id: string) {
  const events = await toldBy(app, automation_id, ["prefect.automation.action.executed", "prefect.automation.action.failed"]);
  return events.sort((one: End, two: End) => one.payload.action_index - two.payload.action_index);
}

export async function toldBy(app: TestApp, automation_id: string, names: readonly string[]) {
  const filter = {
    event: { name: names },
    any_resource: { id: [`prefect.automation.${automation_id}`] },
    order: "ASC",
    occurred: { until: "2100-01-01T00:00:00Z" },
  };
  return (await app.post("/events/filter", { filter, limit: 50 })).body.events;
}

/** Returns how many actions are queued, and how many are dead letters. */
export async function queued(app: TestApp): Promise<{ waiting: number; dead: number; firings: number }> {
  const { rows } = await app
    .deps()
    .db.execute(
      sql`select (select count(*) from automation_action where due is not null), (select count(*) from automation_action where due is null), (select count(*) from automation_firing)`,
    );
  const [waiting, dead, firings] = Array.from({ length: 3 }, (_, i) => Number(rows[0]?.[i]));
  return { waiting: waiting ?? -1, dead: dead ?? -1, firings: firings ?? -1 };
}

/** Saves a block document of one of the server's own types. */
export async function saveBlock(app: TestApp, slug: string, data: object, name = "b"): Promise<string> {
  const type = (await app.get(`/block_types/slug/${slug}`)).body.id;
  const filter = { block_schemas: { block_type_id: { any_: [type] } } };
  const [{ id: schema }] = (await app.post("/block_schemas/filter", filter)).body;
  return (await app.post("/block_documents/", { name, block_type_id: type, block_schema_id: schema, data })).body.id;
}
