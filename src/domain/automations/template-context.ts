import { Dict, type Filter, fromJson, Host, type RenderOptions, type Value } from "../../lib/jinja/index.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import { firstOfKind, type ResourceKind } from "./action-targets.ts";
import type { Firing, SeenEvent } from "./firing.ts";
import { labelDiver, model, resourceValue, textDict, time, uuid, wireModel } from "./template-values.ts";
import type { TriggeredAction } from "./triggered-action.ts";

/** The names of objects that a template may use, with the kind of the resource whose object it is, and its model. */
const objects = {
  deployment: ["deployment", "DeploymentResponse"],
  flow: ["flow", "Flow"],
  flow_run: ["flow-run", "FlowRunResponse"],
  task_run: ["task-run", "TaskRun"],
  work_pool: ["work-pool", "WorkPool"],
  work_queue: ["work-queue", "WorkQueueWithStatus"],
  concurrency_limit: ["concurrency-limit", "ConcurrencyLimitV2"],
} as const satisfies Record<string, readonly [ResourceKind, string]>;
export type ObjectName = keyof typeof objects;
const objectNames = ["deployment", "flow", "flow_run", "task_run", "work_pool", "work_queue", "concurrency_limit"] as const;

/** Returns what templates need of the database: objects by their ids, and whether they name the variables. Without an event: nothing. */
export function neededBy(templates: readonly string[], event: SeenEvent | null) {
  const ids: { [Name in ObjectName]?: string } = {};
  if (event === null) return { ids, allVariables: false };
  const isNamed = (name: string) => templates.some((template) => new RegExp(`\\b${name}\\b`).test(template));
  for (const name of objectNames) {
    const found = isNamed(name) ? firstOfKind(event, objects[name][0]) : null;
    if (found !== null) ids[name] = found.id;
  }
  return { ids, allVariables: isNamed("variables") };
}

/** What was read for a template: objects as they are in responses, and all variables where they are named. */
export interface ReadForTemplate {
  readonly objects: { readonly [Name in ObjectName]?: JsonObject | null };
  readonly variables: JsonObject | null;
  readonly uiUrl: string | null;
  readonly now: Micros;
}

/** Returns the context and filters of the templates of an action (`prefect/server/events/actions.py JinjaTemplateAction._template_context`). */
export function templateOptions(one: TriggeredAction, read: ReadForTemplate): RenderOptions {
  const { automation, firing, triggering_event: event } = one;
  const eventOf = (received: SeenEvent | null): Value => (received === null ? null : eventValue(received, read.uiUrl));
  const context = new Map<string, Value>([
    ["automation", wireModel("Automation", { ...automation })],
    ["event", eventOf(event)],
    ["labels", labelDiver(firing.triggering_labels)],
    ["firing", firingValue(firing, eventOf)],
    ["firings", allFirings(firing).map((each) => firingValue(each, eventOf))],
    [
      "events",
      allFirings(firing).flatMap(({ triggering_event }) => (triggering_event === null ? [] : [eventOf(triggering_event)])),
    ],
  ]);
  for (const name of objectNames) {
    const wire = read.objects[name];
    if (wire != null) context.set(name, wireModel(objects[name][1], withStateOf(event, name, wire)));
  }
  if (read.variables !== null) context.set("variables", fromJson(read.variables));
  return { context, filters: filters(read.uiUrl), now: read.now };
}

// A run's state may have changed since the event: the event's own state is shown (`instantiate_object`).
function withStateOf(event: SeenEvent | null, name: ObjectName, wire: JsonObject): JsonObject {
  if (event === null || (name !== "flow_run" && name !== "task_run")) return wire;
  const labels = firstOfKind(event, objects[name][0])?.labels ?? {};
  const state = { message: labels["prefect.state-message"], name: labels["prefect.state-name"] };
  const [timestamp, type] = [labels["prefect.state-timestamp"], labels["prefect.state-type"]];
  if (state.message === undefined || state.name === undefined || timestamp === undefined || type === undefined) return wire;
  return { ...wire, state: { ...(isJsonObject(wire.state) && wire.state), ...state, timestamp, type } };
}

const allFirings = (firing: Firing): Firing[] => [firing, ...firing.triggering_firings.flatMap(allFirings)];

function firingValue(firing: Firing, eventOf: (event: SeenEvent | null) => Value): Value {
  const members = new Map<string, Value>([
    ["id", uuid(firing.id)],
    ["trigger", fromJson(firing.trigger)],
    ["trigger_states", [...firing.trigger_states]],
    ["triggered", time(firing.triggered)],
    ["triggering_labels", textDict(firing.triggering_labels)],
    ["triggering_firings", firing.triggering_firings.map((each) => firingValue(each, eventOf))],
    ["triggering_event", eventOf(firing.triggering_event)],
    ["triggering_value", null],
  ]);
  return model("Firing", members, firing);
}

function eventValue(event: SeenEvent, uiUrl: string | null): Value {
  const related = event.related.map(resourceValue);
  const first = new Dict();
  const all = new Map<string, Value[]>();
  for (const [place, labels] of event.related.entries()) {
    const [role, value] = [labels["prefect.resource.role"] ?? "", related[place] ?? null];
    if (!first.has(role)) first.set(role, value);
    all.set(role, [...(all.get(role) ?? []), value]);
  }
  const inRole = new Dict();
  for (const [role, values] of all) inRole.set(role, values);
  const shown: [string, Value][] = [
    ["occurred", time(event.occurred)],
    ["event", event.event],
    ["resource", resourceValue(event.resource)],
    ["related", related],
    ["payload", fromJson(event.payload)],
    ["id", uuid(event.id)],
    ["follows", uuid(event.follows)],
    ["received", time(event.received)],
  ];
  const members = new Map<string, Value>(shown);
  const text = () => model("ReceivedEvent", new Map(shown), event).text;
  members.set("resource_in_role", first).set("resources_in_role", inRole).set("url", eventUrl(event, uiUrl));
  return model("ReceivedEvent", members, event, text);
}

const eventUrl = ({ occurred, id }: Pick<SeenEvent, "occurred" | "id">, uiUrl: string | null): string | null =>
  uiUrl === null ? null : `${uiUrl}/events/event/${occurred.slice(0, 10)}/${id}`;

// `prefect/utilities/urls.py UI_URL_FORMATS`
const pages = new Map([
  ["flow", "flows/flow"],
  ["flow-run", "runs/flow-run"],
  ["task-run", "runs/task-run"],
  ["block-document", "blocks/block"],
  ["work-pool", "work-pools/work-pool"],
  ["work-queue", "work-queues/work-queue"],
  ["concurrency-limit", "concurrency-limits/concurrency-limit"],
  ["deployment", "deployments/deployment"],
  ["automation", "automations/automation"],
]);

const kinds = new Map<string, string>([
  ["Automation", "automation"],
  ...objectNames.map((name) => [objects[name][1], objects[name][0]] as const),
]);

const textOfMember = (value: Host, name: string): string => {
  const member = value.attribute(name);
  return member instanceof Host ? member.text : typeof member === "string" ? member : "";
};

/** The filters of the reference's templates beside those of Jinja (`prefect/server/events/jinja_filters.py`). */
function filters(uiUrl: string | null): ReadonlyMap<string, Filter> {
  const page = (kind: string | undefined, id: string): string | null => {
    const path = pages.get(kind ?? "");
    return uiUrl === null || path === undefined ? null : `${uiUrl}/${path}/${encodeURIComponent(id)}`;
  };
  const ui_url: Filter = (value) => {
    if (!(value instanceof Host)) return null;
    const id = textOfMember(value, "id");
    if (value.typeName === "ReceivedEvent") return eventUrl({ occurred: textOfMember(value, "occurred"), id }, uiUrl);
    if (value.typeName !== "Resource")
      return page(kinds.get(value.typeName), value.typeName === "WorkPool" ? textOfMember(value, "name") : id);
    return id.startsWith("prefect.") ? page(id.split(".")[1], id.slice(id.lastIndexOf(".") + 1)) : null;
  };
  const ui_resource_events_url: Filter = (value) => {
    if (!(value instanceof Host) || uiUrl === null) return null;
    const id = textOfMember(value, "id");
    const kind = kinds.get(value.typeName);
    const resource = value.typeName === "Resource" ? id : kind === undefined ? null : `prefect.${kind}.${id}`;
    return resource === null ? null : `${uiUrl}/events?resource=${resource}`;
  };
  const flow_run_id: Filter = (value) =>
    typeof value === "string"
      ? (/flow-run\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/.exec(value)?.[1] ?? null)
      : null;
  return new Map<string, Filter>(Object.entries({ ui_url, ui_resource_events_url, flow_run_id }));
}
