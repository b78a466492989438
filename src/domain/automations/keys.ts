import type { EventTrigger } from "../../schemas/automations/triggers.ts";
import type { Event, Labels } from "../events/event.ts";

type Resources = Pick<Event, "resource" | "related">;

/** Returns the labels that a trigger is evaluated separately for, in the order of their values in a key. */
const labelsOf = (trigger: EventTrigger): string[] => [...new Set(trigger.for_each)].sort();

/** Returns the key of an event's bucket: the values of the trigger's `for_each`, as JSON. */
export const bucketKey = (trigger: EventTrigger, event: Resources): string =>
  JSON.stringify(labelsOf(trigger).map((label) => labelValue(event, label)));

/** The key of a trigger without `for_each`. */
export const onlyKey = "[]";

/** Returns the labels of a firing, by the key of its bucket. */
export function triggeringLabels(trigger: EventTrigger, key: string): Labels {
  const values: readonly unknown[] = JSON.parse(key);
  return Object.fromEntries(labelsOf(trigger).map((label, i) => [label, String(values[i] ?? "")]));
}

// `prefect/server/events/schemas/events.py Event.find_resource_label`; the label is behind the last colon, the role before it.
function labelValue({ resource, related }: Resources, label: string): string {
  const last = label.lastIndexOf(":");
  const head = last < 0 ? "" : label.slice(0, last);
  const role = head.startsWith("related:") ? head.slice("related:".length) : null;
  const first =
    role === null && head !== "related" ? undefined : related.find((one) => one["prefect.resource.role"] === (role ?? ""));
  const value = first === undefined ? own(resource, label) : own(first, label.slice(last + 1));
  return value ?? "";
}

const own = (labels: Labels, name: string): string | undefined => (Object.hasOwn(labels, name) ? labels[name] : undefined);
