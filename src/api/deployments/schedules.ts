import * as z from "zod";
import { completeSchedule, refusalOfSchedules } from "../../domain/schedules/index.ts";
import { found, notFound, unprocessable } from "../../http/errors.ts";
import { operation } from "../../http/operation.ts";
import type { Micros } from "../../lib/time.ts";
import { presentDeploymentSchedule } from "../../present/deployments.ts";
import { byId, pathUuid } from "../../schemas/common.ts";
import { deploymentSchedule, deploymentScheduleList, deploymentScheduleUpdate } from "../../schemas/deployments.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";
import {
  addSchedules,
  deleteSchedule,
  listSchedules,
  type ScheduleOutcome,
  scheduleRows,
  updateSchedule,
} from "../../store/deployments/schedules.ts";
import { absentWithStop, makeRunsInBackground, tag } from "./shared.ts";

const byIdAndSchedule = z.object({ id: pathUuid(), schedule_id: pathUuid() });

/** Operations on the schedules of a deployment. */
export const deploymentSchedules = [
  operation({
    method: "GET",
    path: "/deployments/{id}/schedules",
    tag,
    scope: "see_deployments",
    summary: "Read Deployment Schedules",
    params: byId,
    response: z.array(deploymentSchedule),
    handle: async ({ params, deps }) =>
      found(await listSchedules(deps.db, params.id), absentWithStop).map(presentDeploymentSchedule),
  }),
  operation({
    method: "POST",
    path: "/deployments/{id}/schedules",
    tag,
    scope: "write_deployments",
    audited: "deployment",
    summary: "Create Deployment Schedules",
    params: byId,
    body: deploymentScheduleList,
    response: z.array(deploymentSchedule),
    status: 201,
    errors: [409],
    handle: async ({ params, body, deps }) => {
      const made = body.map(({ replaces: _, schedule, ...rest }) => ({
        ...rest,
        id: deps.newId(),
        schedule: completeSchedule(schedule, deps.now()),
      }));
      refuseEndless(made, deps.now());
      const rows = scheduleRows(params.id, made, deps.now);
      if (!(await addSchedules(deps.db, params.id, rows, deps.now()))) throw notFound(absentWithStop);
      makeRunsInBackground(deps, params.id);
      return rows.map(presentDeploymentSchedule);
    },
  }),
  operation({
    method: "PATCH",
    path: "/deployments/{id}/schedules/{schedule_id}",
    tag,
    scope: "write_deployments",
    audited: "deployment",
    summary: "Update Deployment Schedule",
    params: byIdAndSchedule,
    body: deploymentScheduleUpdate,
    errors: [409],
    handle: async ({ params: { id, schedule_id }, body: { schedule, ...rest }, deps }) => {
      const now = deps.now();
      const change = { ...rest, schedule: schedule === null ? null : completeSchedule(schedule, now) };
      if (change.schedule !== null) refuseEndless([{ schedule: change.schedule }], now);
      refuseAbsent(await updateSchedule(deps.db, { deployment_id: id, id: schedule_id }, change, now));
      makeRunsInBackground(deps, id);
    },
  }),
  operation({
    method: "DELETE",
    path: "/deployments/{id}/schedules/{schedule_id}",
    tag,
    scope: "write_deployments",
    audited: "deployment",
    summary: "Delete Deployment Schedule",
    params: byIdAndSchedule,
    handle: async ({ params: { id, schedule_id }, deps }) => {
      refuseAbsent(await deleteSchedule(deps.db, { deployment_id: id, id: schedule_id }, deps.now()));
      makeRunsInBackground(deps, id);
    },
  }),
];

function refuseEndless(sent: readonly { readonly schedule: StoredSchedule }[], now: Micros): void {
  const refusal = refusalOfSchedules(
    sent.map(({ schedule }) => schedule),
    now,
  );
  if (refusal !== null) throw unprocessable(refusal);
}

function refuseAbsent(outcome: ScheduleOutcome): void {
  if (outcome.kind === "deployment_not_found") throw notFound(absentWithStop);
  if (outcome.kind === "schedule_not_found") throw notFound("Schedule not found.");
}
