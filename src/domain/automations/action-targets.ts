import { normaliseUuid } from "../../schemas/common.ts";
import type { Labels } from "../events/event.ts";
import type { SeenEvent } from "./firing.ts";
import { type ActionOutcome, failed, type TriggeredAction } from "./triggered-action.ts";

/** The kinds of objects that actions change or templates name. */
export type ResourceKind =
  | "automation"
  | "concurrency-limit"
  | "deployment"
  | "flow"
  | "flow-run"
  | "task-run"
  | "work-pool"
  | "work-queue";

const idOf = (resource: Labels): string => resource["prefect.resource.id"] ?? "";

/** Returns the UUID of a resource's id if it is of the kind, else null (`prefect/server/events/actions.py _id_from_resource_id`). */
function uuidOf(resource: string, kind: ResourceKind): string | null {
  const dot = resource.lastIndexOf(".");
  return resource.slice(0, dot) === `prefect.${kind}` ? normaliseUuid(resource.slice(dot + 1)) : null;
}

/** Returns the first resource of a kind that an event involves, null where there is none or its id is no UUID: the search ends there. */
export function firstOfKind(event: SeenEvent, kind: ResourceKind): { readonly id: string; readonly labels: Labels } | null {
  const labels = [event.resource, ...event.related].find(
    (one) => idOf(one).slice(0, idOf(one).lastIndexOf(".")) === `prefect.${kind}`,
  );
  const id = labels === undefined ? null : uuidOf(idOf(labels), kind);
  return labels === undefined || id === null ? null : { id, labels };
}

export type Target = { readonly id: string } | { readonly none: ActionOutcome };

/** Returns the object of an action that is selected by its id or inferred from the event. */
export function targetOf(
  { triggering_event: event }: TriggeredAction,
  kind: "deployment" | "work-pool" | "work-queue" | "automation",
  selected: string | null,
): Target {
  if (selected !== null) return { id: selected };
  const words = kind.replace("-", " ");
  if (event === null) return { none: failed(`No event to infer the ${words}`) };
  return firstOfKind(event, kind) ?? { none: failed(`No ${words} could be inferred`) };
}

/** Returns the flow run of an action: that of `for_each`, which Proactive triggers have without an event, else the event's. */
export function flowRunOf({ firing, triggering_event: event }: TriggeredAction): Target {
  const watched = uuidOf(idOf(firing.triggering_labels), "flow-run");
  if (watched !== null) return { id: watched };
  return (event && firstOfKind(event, "flow-run")) ?? { none: failed("No flow run could be inferred") };
}

/** Returns what an action tells of its target. */
export const target = (kind: ResourceKind, id: string, name?: string): Labels => ({
  "prefect.resource.id": `prefect.${kind}.${id}`,
  "prefect.resource.role": "target",
  ...(name !== undefined && { "prefect.resource.name": name }),
});
