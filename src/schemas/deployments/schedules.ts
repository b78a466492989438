import * as z from "zod";
import { boolean, integer, jsonObject, uuid, wireTime } from "../common.ts";
import { list, requestBounds } from "../lists.ts";
import { schedule } from "../schedules.ts";

/** A schedule of a deployment. */
export const deploymentSchedule = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    deployment_id: uuid(),
    schedule,
    active: z.boolean(),
    max_scheduled_runs: z.number().int().nullable(),
    parameters: jsonObject(),
    slug: z.string().nullable(),
  })
  .register(z.globalRegistry, { id: "DeploymentSchedule" });
export type DeploymentSchedule = z.input<typeof deploymentSchedule>;

const maxScheduledRuns = () => integer({ greater_than: 0, max: 50 }).nullable().default(null);
const text = () => z.string().nullable().default(null);

export const deploymentScheduleCreate = z
  .strictObject({
    active: boolean().default(true),
    schedule,
    max_scheduled_runs: maxScheduledRuns(),
    parameters: jsonObject().default({}),
    slug: text(),
    replaces: text(),
  })
  .register(z.globalRegistry, { id: "DeploymentScheduleCreate" });
export type DeploymentScheduleCreate = z.output<typeof deploymentScheduleCreate>;

/** Null counts as absent. */
export const deploymentScheduleUpdate = z
  .strictObject({
    active: boolean().nullable().default(null),
    schedule: schedule.nullable().default(null),
    max_scheduled_runs: maxScheduledRuns(),
    parameters: jsonObject().default({}),
    slug: text(),
    replaces: text(),
  })
  .register(z.globalRegistry, { id: "DeploymentScheduleUpdate" });
export type DeploymentScheduleUpdate = z.output<typeof deploymentScheduleUpdate>;

export const deploymentScheduleList = list(deploymentScheduleCreate, requestBounds.schedules);
