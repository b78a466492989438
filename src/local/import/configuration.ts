import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Prepared } from "../../store/import/table.ts";
import { addTags } from "../../store/tags.ts";
import type { Context } from "./context.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { kinds } from "./kinds.ts";
import { offsetPages } from "./pages.ts";
import type { Stage } from "./stage.ts";

/** Makes a stage that goes through a list of the source. */
export function listStage(
  name: string,
  { path, body = {} }: { readonly path: string; readonly body?: JsonObject },
  store: (context: Context, items: readonly Fields[]) => Promise<void>,
): Stage {
  return {
    name,
    isLong: false,
    async *run(context, position) {
      for await (const page of offsetPages(context.source, path, body, position)) {
        await store(
          context,
          page.items.map((item) => fieldsOf(item, name)),
        );
        yield page.position;
      }
    },
  };
}

export const flows = listStage("flows", { path: "/flows/filter", body: { sort: "NAME_ASC" } }, async (context, items) => {
  const rows = items.map((from) => {
    const { id, ...stamps } = from.stamps();
    const tags = from.texts("tags");
    const row = { id, ...stamps, name: from.text("name"), tags, labels: from.json("labels") };
    return kinds.flows.table.prepare(row, addTags("flow", id, tags));
  });
  await context.store(kinds.flows, rows);
});

export const pools: Stage = {
  name: "work pools",
  isLong: false,
  async *run(context, position) {
    for await (const page of offsetPages(context.source, "/work_pools/filter", {}, position)) {
      const items = page.items.map((item) => fieldsOf(item, "work pool"));
      await context.store(kinds.pools, items.map(poolOf));
      for (const from of items) await storeQueues(context, from.text("name"), from.id());
      yield page.position;
    }
  },
};

function poolOf(from: Fields): Prepared {
  const is_paused = from.flag("is_paused", false);
  return kinds.pools.table.prepare({
    ...from.stamps(),
    name: from.text("name"),
    description: from.textOrNull("description"),
    type: from.text("type", "prefect-agent"),
    base_job_template: from.object("base_job_template"),
    is_paused,
    concurrency_limit: from.integerOrNull("concurrency_limit"),
    // As of a new pool: its workers make it ready.
    status: is_paused ? "PAUSED" : "NOT_READY",
    default_queue_id: from.idOrNull("default_queue_id"),
    storage_configuration: withoutNulls(from.object("storage_configuration")),
    last_status_event_id: null,
    last_status_event_time: null,
  });
}

const withoutNulls = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));

async function storeQueues(context: Context, pool: string, id: string): Promise<void> {
  const path = `/work_pools/${encodeURIComponent(pool)}/queues/filter`;
  for await (const page of offsetPages(context.source, path, {})) {
    const rows = page.items.map((item) => queueOf(context, fieldsOf(item, "work queue"), id));
    await context.store(kinds.queues, rows);
  }
}

function queueOf(context: Context, from: Fields, pool: string): Prepared {
  const filter = from.json("filter");
  const is_paused = from.flag("is_paused", false);
  return kinds.queues.table.prepare({
    ...from.stamps(),
    name: from.text("name"),
    description: from.text("description", ""),
    is_paused,
    concurrency_limit: from.integerOrNull("concurrency_limit"),
    priority: from.integer("priority", 1),
    work_pool_id: context.idHere(from.idOrNull("work_pool_id") ?? pool),
    filter: isJsonObject(filter) ? filter : null,
    last_polled: null,
    status: is_paused ? "PAUSED" : "NOT_READY",
  });
}

export const limits: Stage = {
  name: "concurrency limits",
  isLong: false,
  async *run(context) {
    const seen = new Set<string>();
    for await (const page of offsetPages(context.source, "/v2/concurrency_limits/filter", {})) {
      const rows = page.items.map((item) => limitOf(context, fieldsOf(item, "concurrency limit")));
      for (const { id } of rows) seen.add(id);
      await context.store(kinds.limits, rows);
      yield page.position;
    }
    // Newer sources show limits on tags in both lists.
    for await (const page of offsetPages(context.source, "/concurrency_limits/filter", {})) {
      const rows = page.items.map((item) => tagLimitOf(context, fieldsOf(item, "limit on a tag")));
      await context.store(
        kinds.limits,
        rows.filter(({ id }) => !seen.has(id)),
      );
      yield page.position;
    }
  },
};

const limitOf = (context: Context, from: Fields): Prepared =>
  kinds.limits.table.prepare({
    ...from.stamps(),
    name: from.text("name"),
    limit: from.integer("limit", 0),
    active: from.flag("active", true),
    slot_decay_per_second: from.number("slot_decay_per_second", 0),
    ...withoutSlots(context.now),
  });

const tagLimitOf = (context: Context, from: Fields): Prepared =>
  kinds.limits.table.prepare({
    ...from.stamps(),
    name: `tag:${from.text("tag")}`,
    limit: from.integer("concurrency_limit", 0),
    active: true,
    slot_decay_per_second: 0,
    ...withoutSlots(context.now),
  });

/** The columns of a limit without slots in use (`prefect/server/schemas/core.py ConcurrencyLimitV2`). */
const withoutSlots = (now: Micros) => ({
  active_slots: 0,
  denied_slots: 0,
  avg_slot_occupancy_seconds: 2,
  slots_changed: now,
});

export const variables = listStage(
  "variables",
  { path: "/variables/filter", body: { sort: "NAME_ASC" } },
  async (context, items) => {
    const rows = items.map((from) => {
      const { id, ...stamps } = from.stamps();
      const tags = from.texts("tags");
      const row = { id, ...stamps, name: from.text("name"), value: from.json("value"), tags };
      return kinds.variables.table.prepare(row, addTags("variable", id, tags));
    });
    await context.store(kinds.variables, rows);
  },
);

export const searches = listStage("saved searches", { path: "/saved_searches/filter" }, async (context, items) => {
  const rows = items.map((from) => {
    const filters = from.json("filters", []);
    const read = (Array.isArray(filters) ? filters : []).map((one) => {
      const filter = fieldsOf(one, "filter of a saved search");
      const names = ["object", "property", "type", "operation"] as const;
      const [object = "", property = "", type = "", operation = ""] = names.map((name) => filter.text(name));
      return { object, property, type, operation, value: filter.json("value") };
    });
    return kinds.searches.table.prepare({ ...from.stamps(), name: from.text("name"), filters: read });
  });
  await context.store(kinds.searches, rows);
});
