import { type Json, type JsonObject, objectOf } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";
import {
  datesToSchedule,
  type Effort,
  nextMaking,
  type RunLimits,
  scheduleClassName,
  scheduledRunKey,
} from "../schedules/index.ts";
import { generateSlug } from "../slugs.ts";
import type { Sources } from "../surroundings.ts";

/** From when until when runs are made, and how many. */
export interface Window extends RunLimits {
  readonly start: Micros;
  readonly end: Micros;
}

const second = 1_000_000;
const maxTimeSeconds = 100 * 86_400;

/** How far ahead runs are made where nothing else is asked for. */
export const defaultLimits: RunLimits = { min_time_seconds: 3600, min_runs: 3, max_runs: 100 };

/** Returns the window of runs from a time on; without an end it is a hundred days long. */
export const windowFrom = (start: Micros, end: Micros | null = null, limits: Partial<RunLimits> = {}): Window => ({
  ...defaultLimits,
  ...limits,
  start,
  end: end ?? start + maxTimeSeconds * second,
});

/** A schedule with what its runs take from its deployment. */
export interface ScheduleSource {
  readonly id: string;
  readonly schedule: StoredSchedule;
  readonly slug: string | null;
  readonly parameters: Json;
  readonly deployment: {
    readonly id: string;
    readonly flow_id: string;
    readonly parameters: Json;
    readonly tags: readonly string[];
    readonly labels: Json;
  };
}

/** One run that a schedule makes. */
export interface ScheduledRun {
  readonly id: string;
  readonly state_id: string;
  readonly name: string;
  readonly date: Micros;
  readonly idempotency_key: string;
}

/** What all runs of a schedule have in common. */
export interface ScheduledRunTemplate {
  readonly parameters: JsonObject;
  readonly tags: readonly string[];
  readonly labels: JsonObject;
  readonly created_by: { readonly id: string; readonly type: "SCHEDULE"; readonly display_value: string };
}

/** Returns what all runs of a schedule have in common: placeholders stay, nothing is checked (schedules.md "Making runs"). */
export const templateOf = ({ id, schedule, slug, parameters, deployment }: ScheduleSource): ScheduledRunTemplate => ({
  parameters: { ...objectOf(deployment.parameters), ...objectOf(parameters) },
  tags: ["auto-scheduled", ...deployment.tags],
  labels: {
    ...objectOf(deployment.labels),
    "prefect.flow.id": deployment.flow_id,
    "prefect.deployment.id": deployment.id,
  },
  created_by: { id, type: "SCHEDULE", display_value: slug || scheduleClassName(schedule) },
});

type Chance = Pick<Sources, "newId" | "random"> & { readonly effort?: Effort };

// Runs that are made together share the first word of their names: so they stand together in the index of names, and storing sixty
// of them moves a quarter fewer pages.
function namesOfABatch(random: () => number): () => string {
  const first = random();
  return () => {
    const choices = [first];
    return generateSlug(() => choices.pop() ?? random());
  };
}

/** Returns the runs that a schedule makes in a window, as far as the effort goes. Throws where its dates leave the calendar. */
export function runsOf(source: ScheduleSource, window: Window, { newId, random, effort }: Chance): ScheduledRun[] {
  const { id: schedule_id, schedule, deployment } = source;
  const { timezone } = schedule;
  const nextName = namesOfABatch(random);
  return datesToSchedule({ schedule, effort, ...window }).map((date) => ({
    id: newId(),
    state_id: newId(),
    name: nextName(),
    date,
    idempotency_key: scheduledRunKey({ deployment_id: deployment.id, schedule_id, date, timezone }),
  }));
}

/** Returns when a schedule needs runs again after these were made; null if it never does, or if the effort was spent. */
export const dueAfter = (schedule: StoredSchedule, made: readonly ScheduledRun[], now: Micros, effort?: Effort): Micros | null =>
  nextMaking({ schedule, made: made.map(({ date }) => date), now, effort, max_time_seconds: maxTimeSeconds, ...defaultLimits });
