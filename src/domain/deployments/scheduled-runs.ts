import { type Json, type JsonObject, objectOf } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";
import {
  datesToSchedule,
  type Effort,
  nextCreationTime,
  type RunLimits,
  scheduleClassName,
  scheduledRunKey,
} from "../schedules/index.ts";
import { generateSlug } from "../slugs.ts";
import type { Sources } from "../surroundings.ts";

/** The period for which runs are created, and how many. */
export interface Window extends RunLimits {
  readonly start: Micros;
  readonly end: Micros;
}

const second = 1_000_000;
const maxTimeSeconds = 100 * 86_400;

/** How many runs are created ahead, and for how long, where a request does not say (`PREFECT_SERVER_SERVICES_SCHEDULER_*`). */
export const defaultLimits: RunLimits = { min_time_seconds: 3600, min_runs: 3, max_runs: 100 };

/** Returns the window that begins at a time; without an end it is a hundred days long. */
export const windowFrom = (start: Micros, end: Micros | null = null, limits: Partial<RunLimits> = {}): Window => ({
  ...defaultLimits,
  ...limits,
  start,
  end: end ?? start + maxTimeSeconds * second,
});

/** A schedule with the columns of its deployment that its runs copy. */
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

/** One run of a schedule. */
export interface ScheduledRun {
  readonly id: string;
  readonly state_id: string;
  readonly name: string;
  readonly date: Micros;
  readonly idempotency_key: string;
}

/** The columns that all runs of a schedule share. */
export interface ScheduledRunTemplate {
  readonly parameters: JsonObject;
  readonly tags: readonly string[];
  readonly labels: JsonObject;
  readonly created_by: { readonly id: string; readonly type: "SCHEDULE"; readonly display_value: string };
}

/**
 * Returns the columns that all runs of a schedule share: parameters keep their placeholders and are not validated
 * (`prefect/server/models/deployments.py _generate_scheduled_flow_runs`).
 */
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

// Runs of one batch share the first word of their names, so that they are neighbours in the index of names: storing sixty of them
// changes a quarter fewer pages.
function batchNames(random: () => number): () => string {
  const first = random();
  return () => {
    const choices = [first];
    return generateSlug(() => choices.pop() ?? random());
  };
}

/** Returns the runs of a schedule in a window, until the effort is spent. Throws where a date is outside of the calendar. */
export function runsOf(source: ScheduleSource, window: Window, { newId, random, effort }: Chance): ScheduledRun[] {
  const { id: schedule_id, schedule, deployment } = source;
  const { timezone } = schedule;
  const nextName = batchNames(random);
  return datesToSchedule({ schedule, effort, ...window }).map((date) => ({
    id: newId(),
    state_id: newId(),
    name: nextName(),
    date,
    idempotency_key: scheduledRunKey({ deployment_id: deployment.id, schedule_id, date, timezone }),
  }));
}

/** Returns when a schedule has to create runs again after these; null if never, or if the effort was spent. */
export const dueAfter = (schedule: StoredSchedule, made: readonly ScheduledRun[], now: Micros, effort?: Effort): Micros | null =>
  nextCreationTime({
    schedule,
    existing: made.map(({ date }) => date),
    now,
    effort,
    max_time_seconds: maxTimeSeconds,
    ...defaultLimits,
  });
