import { isJsonObject, type JsonObject, objectOf } from "../../lib/json.ts";
import { formatTime } from "../../lib/time.ts";
import { passEvents } from "../../store/import/links.ts";
import type { Prepared } from "../../store/import/table.ts";
import { LocalError } from "../errors.ts";
import { listStage } from "./configuration.ts";
import type { Context } from "./context.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { kinds } from "./kinds.ts";
import { offsetPages, timePages } from "./pages.ts";
import { NotThere } from "./source.ts";
import type { Stage } from "./stage.ts";

/** Artifacts without a run, and with runs those since their first time. */
export const artifacts: Stage = {
  name: "artifacts",
  isLong: true,
  async *run(context, position) {
    for await (const page of offsetPages(context.source, "/artifacts/filter", { sort: "ID_DESC" }, position)) {
      const items = page.items.map((item) => fieldsOf(item, "artifact"));
      await context.store(kinds.artifacts, items.filter((from) => isWanted(context, from)).map(artifactOf));
      yield page.position;
    }
  },
};

function isWanted({ since }: Context, from: Fields): boolean {
  const isOfRun = from.idOrNull("flow_run_id") !== null || from.idOrNull("task_run_id") !== null;
  return !isOfRun || (since !== null && from.time("created") >= since);
}

const members = (from: Fields) => ({
  type: from.textOrNull("type"),
  data: from.json("data"),
  description: from.textOrNull("description"),
  metadata_: from.json("metadata_"),
  flow_run_id: from.idOrNull("flow_run_id"),
  task_run_id: from.idOrNull("task_run_id"),
});

const artifactOf = (from: Fields): Prepared =>
  kinds.artifacts.table.prepare({ ...from.stamps(), key: from.textOrNull("key"), ...members(from) });

/** The latest artifact of each key, of those that are here. */
export const collections = listStage(
  "artifact collections",
  { path: "/artifacts/latest/filter", body: { sort: "KEY_ASC" } },
  async (context, items) => {
    const rows = items
      .filter((from) => isWanted(context, from))
      .map((from) =>
        kinds.collections.table.prepare({
          ...from.stamps(),
          key: from.text("key"),
          latest_id: from.id("latest_id"),
          ...members(from),
        }),
      );
    await context.store(kinds.collections, rows);
  },
);

export const logs: Stage = {
  name: "logs",
  isLong: true,
  async *run(context, position) {
    if (context.since === null) return;
    const until = formatTime(context.now);
    const list = {
      path: "/logs/filter",
      since: formatTime(context.since),
      member: "timestamp",
      body: (after: string) => ({ logs: { timestamp: { after_: after, before_: until } }, sort: "TIMESTAMP_ASC" }),
    };
    for await (const page of timePages(context.source, list, position)) {
      await context.store(
        kinds.logs,
        page.items.map((item) => logOf(fieldsOf(item, "log"))),
      );
      yield page.position;
    }
  },
};

const logOf = (from: Fields): Prepared =>
  kinds.logs.table.prepare({
    id: from.id(),
    created: from.time("created"),
    name: from.text("name"),
    level: from.integer("level", 0),
    message: from.text("message"),
    timestamp: from.time("timestamp"),
    flow_run_id: from.idOrNull("flow_run_id"),
    task_run_id: from.idOrNull("task_run_id"),
  });

/** The number of events that the reference gives at once (`prefect/server/events/storage INTERACTIVE_PAGE_SIZE`). */
const eventPage = 50;

export const events: Stage = {
  name: "events",
  isLong: true,
  async *run(context, position) {
    if (context.since === null) return;
    const occurred = { since: formatTime(context.since), until: formatTime(context.now) };
    const kept = isJsonObject(position) && typeof position.token === "string" ? position.token : null;
    let answer = await (kept === null
      ? context.source.post("/events/filter", { filter: { occurred, order: "ASC" }, limit: eventPage })
      : context.source.get(`/events/filter/next?page-token=${encodeURIComponent(kept)}`)
    ).catch((error: unknown) => {
      if (error instanceof NotThere) return { events: [], next_page: null };
      throw error;
    });
    for (;;) {
      const page: JsonObject = objectOf(answer);
      if (!Array.isArray(page.events)) throw new LocalError("The source answered something that is no page of events.");
      const rows = page.events.map((item) => eventOf(fieldsOf(item, "event")));
      await context.store(kinds.events, rows, [passEvents]);
      // Its address may be one that only the source's network has.
      const token =
        typeof page.next_page === "string" ? new URL(page.next_page, "http://source").searchParams.get("page-token") : null;
      if (token === null) return;
      yield { token };
      answer = await context.source.get(`/events/filter/next?page-token=${encodeURIComponent(token)}`);
    }
  },
};

function eventOf(from: Fields): Prepared {
  const resource = from.object("resource");
  const resource_id = resource["prefect.resource.id"];
  if (typeof resource_id !== "string") throw new LocalError("The source answered an event without the id of its resource.");
  const occurred = from.time("occurred");
  return kinds.events.table.prepare({
    id: from.id(),
    occurred,
    received: from.timeOrNull("received") ?? occurred,
    event: from.text("event"),
    resource_id,
    resource: labelsOf(resource),
    related: relatedOf(from.json("related", [])),
    payload: from.object("payload"),
    follows: from.idOrNull("follows"),
  });
}

const labelsOf = (from: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(from).map(([label, value]) => [label, String(value)]));

const relatedOf = (from: unknown): Record<string, string>[] =>
  Array.isArray(from) ? from.filter(isJsonObject).map(labelsOf) : [];
