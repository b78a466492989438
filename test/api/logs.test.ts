import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const run = "11111111-1111-4111-8111-111111111111";
const task = "22222222-2222-4222-8222-222222222222";
const minute = (n: number) => `2035-01-01T00:${String(n).padStart(2, "0")}:00.000000Z`;

const line = (message: string, at = 0, more: object = {}) => ({
  name: "prefect.flow_runs",
  level: 20,
  message,
  timestamp: minute(at),
  flow_run_id: run,
  ...more,
});

describe("logs", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  const messages = async (logs: object, more: object = {}) => {
    const answer = await app.post("/logs/filter", { logs, ...more });
    expect(answer.status).toBe(200);
    return answer.body.map((log: { message: string }) => log.message);
  };

  it("stores a list of logs in one round trip and reads them back", async () => {
    const stored = await app.post("/logs/", [
      line("é 数 😀", 1, { level: 0, timestamp: "2035-01-01T02:01:00.123456+02:00" }),
      line("", 2, { name: "", task_run_id: task }),
      { name: "least", level: "30", message: "m", timestamp: "2035-01-01T00:03:00" },
    ]);
    expect([stored.status, stored.text, stored.roundTrips]).toEqual([201, "null", 1]);
    const { body, roundTrips } = await app.post("/logs/filter");
    expect(roundTrips).toBe(1);
    expect(body).toMatchObject([
      { message: "é 数 😀", level: 0, timestamp: "2035-01-01T00:01:00.123456Z", flow_run_id: run, task_run_id: null },
      { message: "", name: "", task_run_id: task },
      { name: "least", level: 30, flow_run_id: null, timestamp: minute(3) },
    ]);
    expect(body[0].created).toBe(body[0].updated);
    expect(new Set(body.map((log: { id: string }) => log.id)).size).toBe(3);
  });

  it("gives logs ids that grow in their order", async () => {
    await app.post(
      "/logs/",
      Array.from({ length: 200 }, (_, i) => line(`m${i}`)),
    );
    const { body } = await app.post("/logs/filter", {});
    const ids = body.map((log: { id: string }) => log.id);
    expect(ids).toEqual([...ids].sort());
    expect(body.map((log: { message: string }) => log.message)).toEqual(Array.from({ length: 200 }, (_, i) => `m${i}`));
  });

  it("keeps the same line twice", async () => {
    await app.post("/logs/", [line("again"), line("again")]);
    expect(await messages({})).toEqual(["again", "again"]);
  });

  it("takes thousands of logs of several megabytes at once", async () => {
    const many = Array.from({ length: 5_000 }, (_, i) => line(`${i} ${"x".repeat(800)}`));
    const answer = await app.post("/logs/", many);
    expect([answer.status, answer.roundTrips]).toEqual([201, 1]);
    expect(await messages({}, { offset: 4_999 })).toEqual([many[4_999]?.message]);
  });

  it("removes zero characters", async () => {
    await app.post("/logs/", [line("a\0b\0", 0, { name: "n\0ame" })]);
    expect((await app.post("/logs/filter", {})).body).toMatchObject([{ message: "ab", name: "name" }]);
  });

  it.each([
    [{}],
    [{ logs: [line("x")] }],
    [[{ ...line("x"), level: "INFO" }]],
    [[{ ...line("x"), level: 20.5 }]],
    [[line("good"), { ...line("bad"), level: null }]],
    [[{ ...line("x"), colour: "red" }]],
    [[{ ...line("x"), flow_run_id: "x" }]],
    [[{ ...line("x"), timestamp: "yesterday" }]],
    [[{ ...line("x"), message: null }]],
  ])("refuses %j and stores nothing", async (body) => {
    expect((await app.post("/logs/", body)).status).toBe(422);
    expect(await messages({})).toEqual([]);
  });

  it("filters by level, time and run, joined by either operator", async () => {
    const other = randomUUID();
    await app.post("/logs/", [
      ...[10, 20, 30, 40, 50].map((level, i) => line(`m${i}`, i, { level, task_run_id: i % 2 ? task : null })),
      line("other", 2, { level: 40, flow_run_id: other }),
    ]);
    const of = { flow_run_id: { any_: [run] } };
    expect(await messages({ ...of, level: { ge_: 20, le_: 40 } })).toEqual(["m1", "m2", "m3"]);
    expect(await messages({ ...of, timestamp: { after_: minute(1), before_: minute(3) } })).toEqual(["m1", "m2", "m3"]);
    expect(await messages({ task_run_id: { any_: [task] } })).toEqual(["m1", "m3"]);
    expect(await messages({ ...of, task_run_id: { is_null_: true } })).toEqual(["m0", "m2", "m4"]);
    expect(await messages({ ...of, task_run_id: { is_null_: false, any_: [task] } })).toEqual(["m1", "m3"]);
    expect(await messages({ flow_run_id: { any_: [] } })).toEqual([]);
    expect(await messages({ ...of, level: {}, timestamp: null, task_run_id: {} })).toHaveLength(5);
    expect(await messages({ operator: "or_", flow_run_id: { any_: [other] }, task_run_id: { any_: [task] } })).toEqual([
      "m1",
      "other",
      "m3",
    ]);
    expect(await messages({ operator: "or_" })).toHaveLength(6);
    expect(await messages({ operator: "or_", flow_run_id: { any_: [other] }, level: {} })).toHaveLength(6);
    expect(await messages({ operator: "or_", flow_run_id: { any_: [other] }, task_run_id: null })).toEqual(["other"]);
    expect(await messages(of, { sort: "TIMESTAMP_DESC", limit: 2, offset: 1 })).toEqual(["m3", "m2"]);
  });

  it.each([
    { name: { any_: ["x"] } },
    { level: { eq_: 1 } },
    { timestamp: { before_: "x" } },
    { operator: "nor_" },
    { text: {} },
    { text: { query: null } },
    { text: { query: "x".repeat(201) } },
    { text: { query: "x", fields: [] } },
  ])("refuses the filter %j", async (logs) => {
    expect((await app.post("/logs/filter", { logs })).status).toBe(422);
  });

  it("searches message and logger name without regard to case", async () => {
    await app.post(
      "/logs/",
      ["Connection timeout to host", "connection refused", "Größe ÉTÉ 50% full_now", "[a]*?"].map((message, i) =>
        line(message, i, { name: i === 1 ? "net" : "app" }),
      ),
    );
    const search = (query: string, more = {}) => messages({ text: { query }, ...more });
    expect(await search("CONNECTION")).toHaveLength(2);
    expect(await search("connection -refused")).toEqual(["Connection timeout to host"]);
    expect(await search('"refused net"')).toEqual(["connection refused"]);
    expect(await search("GRÖSSE été")).toEqual(["Größe ÉTÉ 50% full_now"]);
    expect(await search("GRÖß")).toEqual(["Größe ÉTÉ 50% full_now"]);
    expect(await search("50%")).toEqual(["Größe ÉTÉ 50% full_now"]);
    expect(await search("t_m")).toEqual([]);
    expect(await search("[a]*? é")).toHaveLength(2);
    expect(await search("  ")).toHaveLength(4);
    expect(await search("+connection", { operator: "or_", level: { ge_: 50 } })).toHaveLength(2);
  });
});
