import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { relatedBlock } from "../../src/store/events/filter.ts";
import { type TestApp, testApp } from "../support/app.ts";

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const label = (id: string, more: object = {}) => ({ "prefect.resource.id": id, ...more });
const rel = (id: string, role: string, more: object = {}) => label(id, { "prefect.resource.role": role, ...more });

function event(name: string, resource: string | object, minutes = 1, more: object = {}) {
  return {
    id: randomUUID(),
    occurred: ago(minutes),
    event: name,
    resource: typeof resource === "string" ? label(resource) : resource,
    ...more,
  };
}

/** Enough events, too old to be found, that those before them get their related resources written. */
const nextBlock = () => Array.from({ length: relatedBlock }, () => event("filler", "filler", 300 * 1440));

describe("events", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  const names = async (filter: object, more: object = {}) => {
    const answer = await app.post("/events/filter", { filter: { order: "ASC", ...filter }, ...more });
    if (answer.status !== 200) return answer.status;
    expect(answer.roundTrips).toBe(1);
    if (answer.body.next_page === null) expect(answer.body.total).toBe(answer.body.events.length);
    return answer.body.events.map((e: { event: string }) => e.event);
  };

  it("stores a group in one round trip and reads it back as it was sent", async () => {
    const full = event("shop.order.placed", label("order.1", { "prefect.resource.name": "one", 'a"b\\c.é': "x" }), 3, {
      related: [rel("customer.7", "customer", { z: "1", a: "2" }), rel("shop.1", "shop")],
      payload: { total: 12.5, big: 1, items: ["a", { b: null }], ключ: "é" },
      unknown: true,
      received: "2020-01-01T00:00:00Z",
    });
    const least = event("shop.order.packed", "order.1", 2, { follows: full.id });
    const stored = await app.post("/events", [full, least]);
    expect([stored.status, stored.text, stored.roundTrips]).toEqual([204, "", 1]);
    expect((await app.post("/events", [])).status).toBe(204);
    const { body } = await app.post("/events/filter");
    expect(body).toMatchObject({ total: 2, next_page: null });
    const { unknown: _, received: __, ...kept } = { unknown: 0, received: 0, ...full };
    const [second, first] = body.events;
    expect(first).toEqual({
      ...kept,
      occurred: full.occurred.replace("Z", "000Z"),
      follows: null,
      received: expect.stringMatching(/^20.*Z$/),
    });
    expect(Object.keys(first.related[0])).toEqual(["prefect.resource.id", "prefect.resource.role", "z", "a"]);
    expect(second).toMatchObject({ event: "shop.order.packed", related: [], payload: {}, follows: full.id });
    expect(Math.abs(Date.parse(first.received) - Date.now())).toBeLessThan(10_000);
  });

  it("keeps whole numbers beyond 2^53 in payloads", async () => {
    const sent = JSON.stringify([event("big", "r", 1, { payload: { n: 0 } })]).replace('"n":0', '"n":12345678901234567890');
    await app.post("/events", sent);
    expect((await app.post("/events/filter")).text).toContain('"n":12345678901234567890');
  });

  it("keeps the first of events with the same id", async () => {
    const first = event("first", "x", 1, { payload: { n: 1 } });
    await app.post("/events", [first, { ...first, event: "second in the group", related: [rel("z", "r")] }]);
    await app.post("/events", [{ ...first, event: "later", related: [rel("z", "r")] }, event("other", "y", 0.5)]);
    expect(await names({})).toEqual(["first", "other"]);
    expect(await names({ related: { id: ["z"] } })).toEqual([]);
    expect(await names({ any_resource: { id: ["z"] } })).toEqual([]);
  });

  it.each([
    { id: null },
    { id: "x" },
    { occurred: null },
    { occurred: "yesterday" },
    { event: 5 },
    { event: "x".repeat(1025) },
    { resource: {} },
    { resource: label("") },
    { resource: label("x", { n: 1 }) },
    { resource: label("x", { n: null }) },
    { resource: label("x", Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`l${i}`, "v"]))) },
    { related: null },
    { related: [label("x")] },
    { related: [rel("x", "")] },
    { related: Array.from({ length: 101 }, (_, i) => rel(`x${i}`, "r")) },
    { payload: null },
    { payload: [1] },
    { follows: "x" },
  ])("refuses a group with one bad event and stores nothing", async (change) => {
    const answer = await app.post("/events", [event("good", "x"), { ...event("bad", "x"), ...change }]);
    expect(answer.status).toBe(422);
    expect(await names({})).toEqual([]);
  });

  it("drops what is too big and stores the rest", async () => {
    const group = [
      event("1.4 MB", "x", 3, { payload: { x: "y".repeat(1_400_000) } }),
      event("1.6 MB", "x", 2, { payload: { x: "y".repeat(1_600_000) } }),
      event("1.6 MB of two bytes each", "x", 2, { payload: { x: "é".repeat(800_000) } }),
      event("beside", "x", 1),
    ];
    expect((await app.post("/events", group)).status).toBe(204);
    expect(await names({})).toEqual(["1.4 MB", "beside"]);
  });

  it("filters by name", async () => {
    const all = ["shop.order.placed", "shop.order.sent", "shop.refund", "stock.low", "stock"];
    await app.post(
      "/events",
      all.map((name, i) => event(name, "x", 10 - i)),
    );
    expect(await names({ event: { name: ["stock", "shop.refund"] } })).toEqual(["shop.refund", "stock"]);
    expect(await names({ event: { prefix: ["stock", "shop.re"] } })).toEqual(["shop.refund", "stock.low", "stock"]);
    expect(await names({ event: { exclude_name: ["stock"], exclude_prefix: ["shop.order", "sto_"] } })).toEqual([
      "shop.refund",
      "stock.low",
    ]);
    expect(await names({ event: { prefix: ["SHOP"] } })).toEqual([]);
    expect(await names({ event: { prefix: Array.from({ length: 30 }, (_, i) => `none${i}`).concat("stock.") } })).toEqual([
      "stock.low",
    ]);
    expect(await names({ event: { name: [], prefix: [], exclude_name: null } })).toEqual(all);
    expect(await names({ event: { suffix: ["x"] } })).toBe(422);
  });

  it("filters by the labels of the primary resource", async () => {
    const of = {
      one: { colour: "red", size: "10" },
      two: { colour: "green" },
      three: { colour: "dark red", empty: "" },
      four: { 'k"[*]': "50%[*]?" },
    };
    await app.post(
      "/events",
      Object.entries(of).map(([name, labels], i) => event(name, label(`ns.${name}`, labels), 10 - i)),
    );
    const found = (labels: object) => names({ resource: { labels } });
    expect(await found({ colour: ["red", "green"], size: "10" })).toEqual(["one"]);
    expect(await found({ colour: "*red" })).toEqual(["one", "three"]);
    expect(await found({ colour: "re?" })).toEqual(["one"]);
    expect(await found({ colour: "RED" })).toEqual([]);
    expect(await found({ colour: "!red" })).toEqual(["two", "three"]);
    expect(await found({ colour: ["!red", "!green"] })).toEqual(["one", "two", "three"]);
    expect(await found({ colour: [] })).toEqual([]);
    expect(await found({ empty: "" })).toEqual(["three"]);
    expect(await found({ "prefect.resource.id": ["ns.one", "ns.f???"] })).toEqual(["one", "four"]);
    expect(await found({ "prefect.resource.id": ["!ns.one", "ns.nothing"] })).toEqual(["two", "three", "four"]);
    expect(await found({ 'k"[*]': "50%[*]?" })).toEqual(["four"]);
    expect(await found({ 'k"[*]': "*[*" })).toEqual(["four"]);
    expect(await found({})).toHaveLength(4);
    expect(await names({ resource: { id: ["ns.one", "ns.two"], id_prefix: ["ns.t"] } })).toEqual(["two"]);
    expect(await names({ resource: { labels: { size: 10 } } })).toBe(422);
  });

  const places: [string, () => object[]][] = [
    ["in the last block", () => []],
    ["in a block written", nextBlock],
  ];

  it.each(places)("filters by one related resource that meets all conditions, or by several, %s", async (_, behind) => {
    await app.post("/events", [
      event("one", "x", 5, { related: [rel("a", "flow", { tone: "low" }), rel("b", "deployment", { tone: "high" })] }),
      event("two", "x", 4, { related: [rel("b", "flow")] }),
      event("three", "x", 3, { related: [rel("c", "tag"), rel("a", "tag")] }),
      event("four", label("a", { tone: "low" }), 2),
    ]);
    await app.post("/events", behind());
    const found = (related: object) => names({ related });
    expect(await found({ id: ["a"] })).toEqual(["one", "three"]);
    expect(await found({ role: ["deployment", "tag"] })).toEqual(["one", "three"]);
    expect(await found({ id: ["a"], role: ["deployment"] })).toEqual([]);
    expect(
      await found({
        resources_in_roles: [
          ["a", "tag"],
          ["b", "flow"],
        ],
      }),
    ).toEqual(["two", "three"]);
    expect(await found({ labels: { tone: ["h*", "low"] } })).toEqual(["one"]);
    expect(await found({ labels: { tone: "high" }, id: ["a"] })).toEqual([]);
    expect(await found({ labels: { "prefect.resource.role": "tag" } })).toEqual(["three"]);
    expect(await found({ labels: { "prefect.resource.role": "ta*" } })).toEqual([]);
    expect(await found({ labels: { "prefect.resource.id": "?" } })).toEqual(["one", "two", "three"]);
    expect(await found([{ id: ["a"] }, { role: ["deployment"] }])).toEqual(["one"]);
    expect(await found([{ id: ["a"] }, { role: ["nobody"] }])).toEqual([]);
    expect(await found({ id: [], role: [] })).toHaveLength(4);
    expect(await found([])).toHaveLength(4);
    expect(await found({ resources_in_roles: [["a"]] })).toBe(422);
    expect(await found({ id_prefix: ["a"] })).toBe(422);
  });

  it.each(places)("filters by any resource, primary or related, %s", async (_, behind) => {
    await app.post("/events", [
      event("one", label("a", { tone: "low" }), 5, { related: [rel("b", "flow", { tone: "high" })] }),
      event("two", "b", 4, { related: [rel("c", "tag"), rel("c", "other")] }),
      event("three", "c", 3),
    ]);
    await app.post("/events", behind());
    const found = (any_resource: object) => names({ any_resource });
    expect(await found({ id: ["b"] })).toEqual(["one", "two"]);
    expect(await found({ id_prefix: ["a", "c"] })).toEqual(["one", "two", "three"]);
    expect(await found({ labels: { tone: "h*" } })).toEqual(["one"]);
    expect(await found({ id: ["a"], labels: { tone: "high" } })).toEqual([]);
    expect(await found({ id: ["a", "b"], id_prefix: ["b"] })).toEqual(["one", "two"]);
    expect(await found({ labels: { "prefect.resource.id": ["c"] } })).toEqual(["two", "three"]);
    expect(await found([{ id: ["b"] }, { id: ["c"] }])).toEqual(["two"]);
    expect(await found({ id: [], id_prefix: [], labels: {} })).toHaveLength(3);
  });

  it("gives one event a resource, the newest or the oldest, and counts resources", async () => {
    await app.post(
      "/events",
      [..."abacbb"].map((r, i) => event(`${i} of ${r}`, r, 20 - i)),
    );
    expect(await names({ resource: { distinct: true } })).toEqual(["0 of a", "1 of b", "3 of c"]);
    expect(await names({ resource: { distinct: true }, order: "DESC" })).toEqual(["5 of b", "3 of c", "2 of a"]);
    const page = await app.post("/events/filter", { filter: { resource: { distinct: true } }, limit: 2 });
    expect(page.body.total).toBe(3);
    const { pathname, search } = new URL(page.body.next_page);
    const next = await app.get(pathname.slice(4) + search);
    expect(next.body.events.map((e: { event: string }) => e.event)).toEqual(["2 of a"]);
  });

  it("looks at the last 180 days until now, or at the window that is given", async () => {
    const future = event("future", "x", -60);
    await app.post("/events", [event("old", "x", 200 * 1440), event("now", "x", 1), future]);
    expect(await names({})).toEqual(["now"]);
    expect(await names({ occurred: { until: ago(-120) } })).toEqual(["now", "future"]);
    expect(await names({ occurred: { since: ago(300 * 1440), until: ago(1440) } })).toEqual(["old"]);
    expect(await names({ occurred: { since: future.occurred, until: future.occurred } })).toEqual(["future"]);
    expect(await names({ id: { id: [future.id] } })).toEqual([]);
    for (const bad of [
      { occurred: null },
      { occurred: { since: null } },
      { id: null },
      { order: "asc" },
      { order: null },
      { nonsense: {} },
    ])
      expect(await names(bad)).toBe(422);
  });

  it("pages without repeating or losing events of the same time, under the address of the request", async () => {
    const at = ago(5);
    await app.post(
      "/events",
      Array.from({ length: 7 }, (_, i) => ({ ...event(String(i), "x"), occurred: at })),
    );
    const seen: string[] = [];
    let page = await app.request("POST", "/events/filter", { filter: { order: "ASC" }, limit: 3 });
    for (let n = 0; n < 5; n++) {
      seen.push(...page.body.events.map((e: { event: string }) => e.event));
      expect(page.body.total).toBe(7);
      if (page.body.next_page === null) break;
      const url = new URL(page.body.next_page);
      expect(`${url.origin}${url.pathname}`).toBe("http://localhost/api/events/filter/next");
      page = await app.get(url.pathname.slice(4) + url.search);
      expect(page.roundTrips).toBe(1);
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  });

  it("refuses tokens that are none", async () => {
    expect((await app.get("/events/filter/next")).status).toBe(422);
    for (const token of ["", "nonsense", "bm9uc2Vuc2U%3D", btoa('{"filter":{}}')]) {
      const answer = await app.get(`/events/filter/next?page-token=${token}`);
      expect([answer.status, answer.body]).toEqual([403, { detail: "Forbidden" }]);
    }
  });

  it.each([51, -1, "many"])("refuses the limit %j", async (limit) => {
    expect((await app.post("/events/filter", { limit })).status).toBe(422);
  });

  it("searches name, resources and payload without regard to case", async () => {
    await app.post("/events", [
      event("shop.order.placed", label("x", { "prefect.resource.name": "Blue Whale" }), 5, {
        payload: { note: "connection timeout while paying" },
      }),
      event("shop.order.sent", "x", 4, {
        related: [rel("r", "courier", { "prefect.resource.name": "Fast Fox" })],
        payload: { note: "timeout of the connection" },
      }),
      event("stock.low", "x", 3, { payload: { shelf: "row-17" } }),
    ]);
    const found = (query: string) => names({ text: { query } });
    expect(await found("PLACED")).toEqual(["shop.order.placed"]);
    expect(await found("whale fox")).toEqual(["shop.order.placed", "shop.order.sent"]);
    expect(await found("timeout -placed")).toEqual(["shop.order.sent"]);
    expect(await found('"connection timeout"')).toEqual(["shop.order.placed"]);
    expect(await found("row-17")).toEqual(["stock.low"]);
    expect(await found(" ")).toHaveLength(3);
    expect(await names({ text: { query: "x".repeat(201) } })).toBe(422);
  });
});
