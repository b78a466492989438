import * as z from "zod";

/** Labels that a resource must have: each with one of its values (`prefect/server/events/schemas/events.py ResourceSpecification`). */
export type ResourceSpecification = Readonly<Record<string, string | readonly string[]>>;

const specification = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** A trigger that events fire: on what happens (Reactive), or on what does not happen in time (Proactive). `within` is in seconds. */
export const eventTrigger = z.object({
  type: z.literal("event"),
  id: z.string(),
  match: specification,
  match_related: z.union([specification, z.array(specification)]),
  after: z.array(z.string()),
  expect: z.array(z.string()),
  for_each: z.array(z.string()),
  posture: z.enum(["Reactive", "Proactive"]),
  threshold: z.number(),
  within: z.number(),
});
export type EventTrigger = z.output<typeof eventTrigger>;

interface Composite {
  readonly id: string;
  readonly triggers: readonly Trigger[];
  /** In seconds; null: for ever. */
  readonly within: number | null;
}

/** A trigger that fires when some of its triggers have fired. */
export type CompoundTrigger = Composite & { readonly type: "compound"; readonly require: number | "any" | "all" };

/** A trigger that fires when its triggers have fired in their order. */
export type SequenceTrigger = Composite & { readonly type: "sequence" };

/** A trigger as it is stored and shown. */
export type Trigger = EventTrigger | CompoundTrigger | SequenceTrigger;
