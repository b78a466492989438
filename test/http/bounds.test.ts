import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { requestBounds } from "../../src/schemas/lists.ts";
import { type TestApp, testApp } from "../support/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});

const empty = (count: number) => `[${Array(count).fill("{}").join()}]`;
const detailOf = (body: { exception_detail: unknown[] }) => body.exception_detail;

describe("a request with very many faults", () => {
  it("is told a hundred of them, each in its place, and its body", async () => {
    const { status, body } = await app.post("/logs/", empty(5000));
    expect(status).toBe(422);
    expect(detailOf(body)).toHaveLength(requestBounds.faults);
    expect(detailOf(body)[0]).toEqual({ type: "missing", loc: ["body", 0, "name"], msg: "Field required", input: {} });
    expect(body.request_body).toHaveLength(5000);
  });

  it("is told as many of alternatives, and of unknown members", async () => {
    const inputs = { a: Array(500).fill({}) };
    const task = { flow_run_id: null, task_key: "a", dynamic_key: "b", task_inputs: inputs };
    expect(detailOf((await app.post("/task_runs/", task)).body)).toHaveLength(requestBounds.faults);
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
    expect(detailOf((await app.post("/flows/filter", { flows: unknown })).body)).toHaveLength(requestBounds.faults);
  });

  it("does not repeat a large input for each of them", async () => {
    const schedules = Array.from({ length: 40 }, () => ({ big: "x".repeat(100_000) }));
    const { status, body, text } = await app.post("/deployments/", { schedules });
    expect(status).toBe(422);
    expect(detailOf(body).length).toBeGreaterThan(20);
    expect(text.length).toBeLessThan(40 * 100_000 + 1.5 * requestBounds.repeated);
    expect(detailOf(body).at(-1)).toMatchObject({ input: null });
  });
});

describe("a list that is too long", () => {
  it.each([
    [
      "ids",
      "/flows/filter",
      { flows: { id: { any_: Array(10_001).fill("x") } } },
      ["body", "flows", "id", "any_"],
      10_000,
      10_001,
    ],
    ["tags", "/flows/", { name: "f", tags: Array(1001).fill("x") }, ["body", "tags"], 1000, 1001],
    ["schedules", "/deployments/00000000-0000-4000-8000-000000000000/schedules", Array(501).fill({}), ["body"], 500, 501],
  ])("is refused as a whole: %s", async (_, path, sent, loc, most, length) => {
    const { status, body } = await app.post(path, sent);
    expect(status).toBe(422);
    expect(detailOf(body)).toEqual([
      expect.objectContaining({
        type: "too_long",
        loc,
        msg: `List should have at most ${most} items after validation, not ${length}`,
      }),
    ]);
  });

  it("is none up to its bound", async () => {
    const tags = Array.from({ length: requestBounds.tags }, (_, i) => `t${i}`);
    expect((await app.post("/flows/", { name: "tagged", tags })).body.tags).toHaveLength(requestBounds.tags);
    const ids = Array(requestBounds.list).fill("00000000-0000-4000-8000-000000000000");
    expect((await app.post("/flow_runs/filter", { flow_runs: { id: { any_: ids } } })).body).toEqual([]);
  });
});

describe("a body of very many parts", () => {
  it("is refused before it is parsed", async () => {
    const { status, body } = await app.post("/flows/filter", empty(requestBounds.containers));
    expect([status, detailOf(body)]).toEqual([422, [expect.objectContaining({ type: "too_long", loc: ["body"] })]]);
    const text = `{"name": "${"[{".repeat(requestBounds.containers)}"}`;
    expect((await app.post("/flows/", text)).status, "brackets within a text are none").toBe(201);
  });

  it.each([
    ["commas", () => `[${"1,".repeat(requestBounds.commas + 1)}1]`],
    ["members", () => `{${Array.from({ length: requestBounds.allMembers + 1 }, (_, i) => `"${i}":1`)}}`],
  ])("is refused for its %s", async (_, text) => {
    const { status, body } = await app.post("/flows/filter", `{"more": ${text()}}`);
    expect([status, detailOf(body)]).toEqual([422, [expect.objectContaining({ type: "too_long", loc: ["body"] })]]);
  });

  it("is not repeated by the error where it is large", async () => {
    const sent = (length: number) => app.post("/flows/", { name: 1, labels: { a: "x".repeat(length) } });
    const [small, large] = [await sent(100_000), await sent(requestBounds.repeated)];
    expect([small.status, large.status]).toEqual([422, 422]);
    expect([small.body.request_body.name, large.body.request_body]).toEqual([1, null]);
  });

  it("takes many different floats without a fraction, and refuses more", async () => {
    const post = (count: number) => app.post("/flows/filter", `{"more": [${Array.from({ length: count }, (_, i) => `${i}.0`)}]}`);
    expect((await post(requestBounds.exactNumbers)).status).toBe(200);
    const { status, body } = await post(requestBounds.exactNumbers + 1);
    expect([status, detailOf(body)]).toEqual([422, [expect.objectContaining({ type: "too_long", loc: ["body"] })]]);
  });

  it("is refused where a number has more digits than Python reads", async () => {
    const sent = (digits: number) => app.post("/flows/", `{"name": "n${digits}", "labels": {"a": ${"9".repeat(digits)}}}`);
    expect((await sent(4300)).status).toBe(201);
    expect([(await sent(4301)).status, (await sent(4301)).body]).toEqual([
      400,
      { detail: "There was an error parsing the body" },
    ]);
    expect((await app.post("/flows/", { name: "9".repeat(5000) })).status, "digits in a text are a text").toBe(201);
  });
});

it("a host that makes no address is refused", async () => {
  const request = new Request("http://localhost/api/flows");
  Object.defineProperty(request, "url", { value: "http://a b/api/flows" });
  const answer = await createApp(app.isolate).fetch(request);
  expect([answer.status, await answer.json()]).toEqual([400, { detail: "Invalid host header" }]);
});

it("a history of intervals longer than a number counts is refused", async () => {
  const span = { history_start: "2035-01-01T00:00:00Z", history_end: "2035-01-02T00:00:00Z" };
  for (const group of ["flow_runs", "task_runs"]) {
    expect((await app.post(`/${group}/history`, { ...span, history_interval_seconds: 1e15 })).status).toBe(422);
    expect((await app.post(`/${group}/history`, { ...span, history_interval_seconds: 9e9 })).status).toBe(200);
  }
});
