import { completeSchedule } from "../../domain/schedules/index.ts";
import { isJsonObject } from "../../lib/json.ts";
import { schedule as scheduleSchema } from "../../schemas/schedules.ts";
import { limitIds, scheduleFrom } from "../../store/import/links.ts";
import type { Prepared } from "../../store/import/table.ts";
import { addTags } from "../../store/tags.ts";
import type { Context } from "./context.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { kinds } from "./kinds.ts";
import { offsetPages } from "./pages.ts";
import { type FindQueue, queueFinder } from "./queues.ts";
import type { Stage } from "./stage.ts";
import { note } from "./tally.ts";

export const deployments: Stage = {
  name: "deployments",
  isLong: false,
  async *run(context, position) {
    const limits = context.isEmpty || context.isDryRun ? null : await limitIds(context.db);
    const limit = (id: string): string | null => (limits === null || limits.has(id) ? id : null);
    const queue = await queueFinder(context);
    let scheduling = 0;
    for await (const page of offsetPages(context.source, "/deployments/filter", { sort: "NAME_ASC" }, position)) {
      const items = page.items.map((item) => fieldsOf(item, "deployment"));
      const stored = await context.store(
        kinds.deployments,
        items.map((from) => deploymentOf(context, from, { queue, limit })),
      );
      // The deployment that stands for one here keeps its schedules.
      const own = items.filter((from) => stored.has(from.id()));
      await context.store(
        kinds.schedules,
        own.flatMap((from) => schedulesOf(context, from)),
      );
      scheduling += own.filter(
        (from) => !from.flag("paused", false) && listOf(from).some((one) => one.flag("active", true)),
      ).length;
      yield page.position;
    }
    if (scheduling > 0)
      context.remark(
        `${scheduling} deployments have active schedules: the source and this server both make their runs as long as both run. Stop the source, or pause them there.`,
      );
  },
};

interface Known {
  readonly queue: FindQueue;
  readonly limit: (id: string) => string | null;
}

function deploymentOf(context: Context, from: Fields, known: Known): Prepared {
  const { id, ...stamps } = from.stamps();
  const tags = from.texts("tags");
  const limit = from.json("global_concurrency_limit");
  const row = {
    id,
    ...stamps,
    name: from.text("name"),
    flow_id: context.idHere(from.id("flow_id")),
    description: from.textOrNull("description"),
    version: from.textOrNull("version"),
    path: from.textOrNull("path"),
    entrypoint: from.textOrNull("entrypoint"),
    paused: from.flag("paused", false),
    tags,
    labels: from.json("labels"),
    parameters: from.object("parameters"),
    parameter_openapi_schema: from.json("parameter_openapi_schema"),
    enforce_parameter_schema: from.flag("enforce_parameter_schema", true),
    job_variables: from.object("job_variables"),
    pull_steps: from.json("pull_steps"),
    concurrency_limit_id: isJsonObject(limit) ? known.limit(context.idHere(fieldsOf(limit, "concurrency limit").id())) : null,
    concurrency_options: from.json("concurrency_options"),
    work_queue_id: known.queue(from),
    work_queue_name: from.textOrNull("work_queue_name"),
    infrastructure_document_id: context.idHereOrNull(from.idOrNull("infrastructure_document_id")),
    storage_document_id: context.idHereOrNull(from.idOrNull("storage_document_id")),
    last_polled: null,
    // As of a new one: the poll of a worker makes it ready.
    status: "NOT_READY",
    created_by: from.json("created_by"),
    updated_by: from.json("updated_by"),
  };
  return kinds.deployments.table.prepare(row, addTags("deployment", id, tags));
}

function listOf(from: Fields): Fields[] {
  const schedules = from.json("schedules", []);
  return (Array.isArray(schedules) ? schedules : []).map((one) => fieldsOf(one, "deployment schedule"));
}

function schedulesOf(context: Context, from: Fields): Prepared[] {
  return listOf(from).flatMap((one) => {
    const stamps = one.stamps();
    const parsed = scheduleSchema.safeParse(one.json("schedule"));
    if (!parsed.success) {
      const tally = context.tally(kinds.schedules.name);
      tally.refused++;
      note(tally, `${stamps.id} is refused: it is no schedule of this API`);
      return [];
    }
    const row = {
      ...stamps,
      deployment_id: from.id(),
      // An RRULE without a start gets one, the same at each import.
      schedule: completeSchedule(parsed.data, stamps.created),
      active: one.flag("active", true),
      max_scheduled_runs: one.integerOrNull("max_scheduled_runs"),
      parameters: one.object("parameters"),
      slug: one.textOrNull("slug"),
      due: null,
    };
    return [kinds.schedules.table.prepare(row, [scheduleFrom(stamps.id, context.now)])];
  });
}
