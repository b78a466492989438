import * as z from "zod";
import { isJsonObject } from "../../lib/json.ts";
import { once } from "../../lib/once.ts";
import { integer, lenient, uuid } from "../common.ts";
import { duration } from "../durations.ts";
import { list } from "../lists.ts";
import { automationBounds, durationRefusal, isWithin } from "./bounds.ts";
import { withKind } from "./kinds.ts";

/** Labels that a resource must have: each with one of its values (`prefect/server/events/schemas/events.py ResourceSpecification`). */
export type ResourceSpecification = Readonly<Record<string, string | readonly string[]>>;

const isShort = (text: string): boolean =>
  text.length <= automationBounds.text && text.split("*").length - 1 <= automationBounds.wildcards;

const pattern = z.string().refine(isShort, {
  message: `Value error, a text of a trigger has at most ${automationBounds.text} characters and ${automationBounds.wildcards} wildcards`,
});
const value = z.union([pattern, list(pattern, automationBounds.values)]);

const isSpecification = (input: object): input is ResourceSpecification =>
  Object.entries(input).every(([label, sent]) => isShort(label) && value.safeParse(sent).success);

// Read by itself, because zod's records lose the key `__proto__`.
const specification = lenient<ResourceSpecification>(
  { type: "object", additionalProperties: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] } },
  (input) => {
    if (!isJsonObject(input)) return { type: "dict_type", message: "Input should be a valid dictionary" };
    const labels = Object.keys(input).length;
    if (labels > automationBounds.labels) {
      const message = `Dictionary should have at most ${automationBounds.labels} items after validation, not ${labels}`;
      return { type: "too_long", message };
    }
    return isSpecification(input)
      ? { value: input }
      : { type: "string_type", message: "Labels should have short texts, or lists of them, as values" };
  },
);

// A set in the reference.
const names = once(() =>
  list(pattern, automationBounds.names)
    .overwrite((sent) => [...new Set(sent)])
    .default([]),
);

/** The least `within` of a Proactive trigger, in seconds. */
const leastProactive = 10;

const id = uuid().optional();

const eventTrigger = z
  .object({
    type: z.literal("event"),
    id,
    match: specification.default({}),
    match_related: z.union([specification, list(specification, automationBounds.resources)]).default({}),
    after: names(),
    expect: names(),
    for_each: names(),
    posture: z.enum(["Reactive", "Proactive"]),
    threshold: integer().default(1),
    within: duration(durationRefusal).default(0),
  })
  .overwrite((sent) => (sent.posture === "Proactive" && sent.within === 0 ? { ...sent, within: leastProactive } : sent))
  .refine(({ posture, within }) => posture === "Reactive" || within >= leastProactive, {
    message: `Value error, The minimum within for Proactive triggers is ${leastProactive} seconds`,
    path: ["within"],
  })
  .register(z.globalRegistry, { id: "EventTrigger" });

const composite = {
  id,
  triggers: list(
    z.lazy(() => inner),
    automationBounds.triggers,
  ),
  within: duration((micros) => durationRefusal(micros, Number.NEGATIVE_INFINITY)).nullable(),
};

const compoundTrigger = z
  .object({ type: z.literal("compound"), ...composite, require: z.union([integer(), z.enum(["any", "all"])]) })
  .refine(({ require, triggers }) => typeof require === "string" || (require >= 1 && require <= triggers.length), {
    message: "Value error, require must be a number of its triggers",
    path: ["require"],
  })
  .register(z.globalRegistry, { id: "CompoundTrigger" });

const sequenceTrigger = z
  .object({ type: z.literal("sequence"), ...composite })
  .register(z.globalRegistry, { id: "SequenceTrigger" });

const kinds = [eventTrigger, compoundTrigger, sequenceTrigger] as const;
const inner: z.ZodType<SentTrigger> = z.preprocess(withKind(kinds), z.discriminatedUnion("type", kinds));

function faultOfNesting(root: unknown): string | null {
  let count = 0;
  let level: readonly unknown[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    count += level.length;
    if (depth > automationBounds.levels) return `Triggers nest at most ${automationBounds.levels} levels deep`;
    if (count > automationBounds.triggers) return `An automation has at most ${automationBounds.triggers} triggers`;
    level = level.flatMap((trigger) => (isJsonObject(trigger) && Array.isArray(trigger.triggers) ? trigger.triggers : []));
  }
  return null;
}

/** A trigger as a client sends it, and as it is shown. Its nesting is looked at first, so that no more is parsed than is allowed. */
export const trigger = z.preprocess(
  (input, context) => {
    const message = faultOfNesting(input);
    if (message !== null) context.addIssue({ code: "custom", message: `Value error, ${message}` });
    return input;
  },
  inner.refine(isWithin(automationBounds.trigger), {
    message: `Value error, A trigger has at most ${automationBounds.trigger} characters`,
  }),
);

interface Composite<Inner> {
  readonly triggers: readonly Inner[];
  /** In seconds; null: for ever. */
  readonly within: number | null;
}
interface Compound<Inner> extends Composite<Inner> {
  readonly type: "compound";
  readonly require: number | "any" | "all";
}
interface Sequence<Inner> extends Composite<Inner> {
  readonly type: "sequence";
}
interface SentCompound extends Compound<SentTrigger> {}
interface SentSequence extends Sequence<SentTrigger> {}

/** A trigger as a client sent it, with its defaults; its id counts for nothing. */
export type SentTrigger = z.output<typeof eventTrigger> | SentCompound | SentSequence;

/** A trigger that events fire: on what happens (Reactive), or on what does not happen in time (Proactive). `within` is in seconds. */
export type EventTrigger = z.output<typeof eventTrigger> & { readonly id: string };

/** A trigger that fires when some of its triggers have fired. */
export interface CompoundTrigger extends Compound<Trigger> {
  readonly id: string;
}

/** A trigger that fires when its triggers have fired in their order. */
export interface SequenceTrigger extends Sequence<Trigger> {
  readonly id: string;
}

/** A trigger as it is stored and shown. */
export type Trigger = EventTrigger | CompoundTrigger | SequenceTrigger;
