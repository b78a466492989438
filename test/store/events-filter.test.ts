import { beforeAll, describe, expect, it } from "vitest";
import { resolveEventFilter } from "../../src/domain/events/filter.ts";
import { eventFilter } from "../../src/schemas/filters/events.ts";
import { requestBounds } from "../../src/schemas/lists.ts";
import { type Database, openDatabase, type Sql } from "../../src/store/client.ts";
import { countByQuery, countByTimeQuery } from "../../src/store/events/counts.ts";
import { prefixEnd, storedEventCondition } from "../../src/store/events/filter.ts";
import { arrivedEventsQuery, eventListQuery, eventTotalQuery } from "../../src/store/events/read.ts";
import { freshDatabase } from "../support/database.ts";

const read = (filter: object) => resolveEventFilter(eventFilter.parse({ occurred: { since: 0, until: 9 }, ...filter }), 0);
const lastBlock =
  "select position from event not indexed, json_each(related) r where position >= (select max(position) / 256 * 256 from event) and";
const id = `r.value ->> '$."prefect.resource.id"'`;
const role = `r.value ->> '$."prefect.resource.role"'`;
const since = 0;
const until = 9_000_000;

describe("conditions on stored events", () => {
  it.each([
    [{}, "e.occurred >= ? and e.occurred <= ?", [since, until]],
    [{ event: { name: ["a'; drop table event"] } }, "… and e.event = ?", [since, until, "a'; drop table event"]],
    [{ event: { name: ["a", "b"] } }, "… and e.event in (select value from json_each(?))", [since, until, '["a","b"]']],
    [{ event: { prefix: ["a."] } }, "… and e.event >= ? and e.event < ?", [since, until, "a.", "a/"]],
    [
      { event: { prefix: ["a", "b"] } },
      "… and ((e.event >= ? and e.event < ?) or (e.event >= ? and e.event < ?))",
      [since, until, "a", "b", "b", "c"],
    ],
    [{ event: { exclude_prefix: ["a"] } }, "… and not (e.event >= ? and e.event < ?)", [since, until, "a", "b"]],
    [{ resource: { labels: { 'x") or 1=1': "v" } } }, null, [since, until, '[["x\\") or 1=1",[[0,"v"]]]]']],
    [
      { resource: { labels: { k: ["!a*", "b[?"] } } },
      "… and (e.resource ->> ? not glob ? or e.resource ->> ? glob ?)",
      [since, until, '$."k"', "a*", '$."k"', "b[[]?"],
    ],
    [
      { related: { id: ["r"], role: ["x"] } },
      `… and e.position in (select position from event_related where resource_id = ? and role = ? and occurred >= ? and occurred <= ? union all ${lastBlock} ${id} = ? and ${role} = ? and occurred >= ? and occurred <= ?)`,
      [since, until, "r", "x", since, until, "r", "x", since, until],
    ],
    [
      { any_resource: { id: ["r"] } },
      `… and e.position in (select position from event where resource_id = ? and occurred >= ? and occurred <= ? union all select position from event_related where resource_id = ? and occurred >= ? and occurred <= ?
      union all ${lastBlock} ${id} = ? and occurred >= ? and occurred <= ?)`,
      [since, until, "r", since, until, "r", since, until, "r", since, until],
    ],
  ])("%j", (filter, sql, args) => {
    const made = storedEventCondition(read(filter));
    if (sql !== null) expect(made.sql).toBe(sql.replace("…", "e.occurred >= ? and e.occurred <= ?"));
    expect(made.args).toEqual(args);
  });

  it.each([
    ["many wildcards", { resource: { labels: { a: "*x".repeat(65) } } }, "at most 64 wildcards"],
    ["a long pattern", { related: { labels: { a: `${"x".repeat(256)}*` } } }, "at most 256 characters"],
    ["a long text", { related: { labels: { a: "x".repeat(5001) } } }, "5000 without wildcards"],
    ["many patterns", { any_resource: { labels: { a: Array(26).fill("x") } } }, "at most 25 patterns"],
    [
      "long patterns together",
      { related: Array(5).fill({ labels: { a: `${"x".repeat(250)}*` } }) },
      "at most 50 patterns with 1000 characters",
    ],
    ["many resources", { related: Array(3000).fill({ id: ["x"] }) }, "at most 50 items"],
  ])("is refused with %s", (_, filter, message) => {
    expect(() => read(filter)).toThrow(message);
  });

  it("stays of one size whatever is asked", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `v${i}`);
    const prefixes = many.slice(0, requestBounds.prefixes);
    // No JSON path names these labels, so that they are one parameter.
    const labels = Object.fromEntries(many.slice(0, 16).map((name) => [`"${name}`, "x"]));
    const filter = {
      id: { id: [] },
      event: { name: many, prefix: prefixes, exclude_prefix: prefixes },
      resource: { id: many, id_prefix: prefixes, labels },
    };
    const made = storedEventCondition(
      read({ ...filter, related: { id: many, labels }, any_resource: { id_prefix: prefixes, labels } }),
    );
    expect(made.args.length).toBeLessThan(40);
    expect(made.sql.length).toBeLessThan(5_000);
  });

  it.each([
    ["a", "b"],
    ["a/", "a0"],
    ["é", "ê"],
    ["x\u{d7ff}", "x\u{e000}"],
    ["x\u{10ffff}", "y"],
    ["\u{10ffff}", null],
    ["", null],
  ])("knows what sorts behind all texts that begin with %j", (prefix, end) => {
    expect(prefixEnd(prefix)).toBe(end);
  });
});

describe("plans", () => {
  let db: Database;
  beforeAll(async () => {
    db = openDatabase(await freshDatabase());
  });

  const plan = async ({ sql, args }: Sql): Promise<string[]> => {
    const { rows } = await db.execute({ sql: `explain query plan ${sql}`, args });
    return rows.map((row) => String(row[3]));
  };
  // The few positions of a page (chosen), of a leader or a trial (l) are read one by one; nothing else may be read from end to end.
  const scans = (steps: string[]) =>
    steps.filter((step) => /^SCAN (?!chosen$|g$|l$|pick$|CONSTANT ROW$|\(subquery|[rwvlp] VIRTUAL|json_each VIRTUAL)/.test(step));

  it.each([
    ["a window", {}, "e USING COVERING INDEX ix_event__occurred (occurred>? AND occurred<?)"],
    [
      "a name",
      { event: { name: ["a"] } },
      "e USING COVERING INDEX ix_event__event_occurred (event=? AND occurred>? AND occurred<?)",
    ],
    [
      "prefixes of names",
      { event: { prefix: ["a", "b"] } },
      "e USING COVERING INDEX ix_event__occurred (occurred>? AND occurred<?)",
    ],
    [
      "what is not asked for",
      { event: { exclude_name: ["a"], exclude_prefix: ["a"] } },
      "e USING COVERING INDEX ix_event__occurred",
    ],
    [
      "a resource",
      { resource: { id: ["a"] } },
      "e USING COVERING INDEX ix_event__resource_id_occurred (resource_id=? AND occurred>? AND occurred<?)",
    ],
    ["an id", { id: { id: ["00000000-0000-4000-8000-000000000000"] } }, "e USING INDEX uq_event__id (id=?)"],
    [
      "a related resource",
      { related: { id: ["a"] } },
      "event_related USING PRIMARY KEY (resource_id=? AND occurred>? AND occurred<?)",
    ],
    [
      "a role",
      { related: { role: ["a"] } },
      "event_related USING COVERING INDEX ix_event_related__role_occurred (role=? AND occurred>? AND occurred<?)",
    ],
    [
      "a resource in a role",
      { related: { resources_in_roles: [["a", "b"]] } },
      "event_related USING PRIMARY KEY (resource_id=? AND occurred>? AND occurred<?)",
    ],
    [
      "a related resource and its labels",
      { related: { id: ["a"], labels: { b: "c" } } },
      "event_related USING PRIMARY KEY (resource_id=?",
    ],
    [
      "any resource",
      { any_resource: { id: ["a"] } },
      "event USING COVERING INDEX ix_event__resource_id_occurred (resource_id=? AND occurred>? AND occurred<?)",
    ],
    [
      "any resource that is related",
      { any_resource: { id: ["a", "b"] } },
      "event_related USING PRIMARY KEY (resource_id=? AND occurred>? AND occurred<?)",
    ],
    [
      "any resource with a prefix",
      { any_resource: { id_prefix: ["a"] } },
      "event_related USING PRIMARY KEY (resource_id>? AND resource_id<?)",
    ],
    [
      "any resource whose id is like",
      { any_resource: { labels: { "prefect.resource.id": "a.*" } } },
      "event_related USING PRIMARY KEY (resource_id>? AND resource_id<?)",
    ],
    ["labels", { resource: { labels: { a: "b*" } } }, "e USING INDEX ix_event__occurred (occurred>? AND occurred<?)"],
    ["a text", { text: { query: "a -b" } }, "e USING INDEX ix_event__occurred (occurred>? AND occurred<?)"],
  ])("find %s by an index, for the page and for the total", async (_, filter, step) => {
    for (const query of [eventListQuery({ filter: read(filter), limit: 50 }), eventTotalQuery(read(filter))]) {
      const steps = await plan(query);
      expect(
        steps.some((one) => one.startsWith(`SEARCH ${step}`)),
        steps.join("\n"),
      ).toBe(true);
      expect(scans(steps)).toEqual([]);
    }
  });

  it("read no row of the table to find a page of a window", async () => {
    const steps = await plan(eventListQuery({ filter: read({}), limit: 50, after: { occurred: 5, position: 5 } }));
    expect(steps.filter((step) => step.includes(" e ") && !step.includes("COVERING"))).toEqual([]);
  });

  it("look at nothing but what has arrived since", async () => {
    const filter = read({
      any_resource: { id: ["a"] },
      event: { name: ["b"] },
      resource: { id: ["c"] },
      id: { id: ["00000000-0000-4000-8000-000000000000"] },
    });
    const steps = await plan(arrivedEventsQuery({ filter, after: 5, limit: 250 }));
    expect(steps[0]).toBe("SEARCH e USING INTEGER PRIMARY KEY (rowid>?)");
    expect(scans(steps)).toEqual([]);
  });

  it("count by index alone where names, resources or times are counted", async () => {
    for (const query of [
      countByQuery("event", read({})),
      countByQuery("resource", read({})),
      countByTimeQuery(read({}), { start: 0, length: 10 }),
    ]) {
      const steps = await plan(query);
      expect(
        steps.some((step) => step.startsWith("SEARCH e USING COVERING INDEX ix_event__occurred (occurred>? AND occurred<?)")),
      ).toBe(true);
      expect(scans(steps)).toEqual([]);
    }
  });
});
