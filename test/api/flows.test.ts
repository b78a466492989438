import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const nobody = "00000000-0000-4000-8000-000000000000";

describe("flows", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  it("creates a flow once per name and leaves the existing one unchanged", async () => {
    const first = await app.post("/flows/", { name: "etl", tags: ["a", "b", "a"], labels: { team: "data", n: 1.5, yes: true } });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ name: "etl", tags: ["a", "b", "a"], labels: { team: "data", n: 1.5, yes: true } });
    const second = await app.post("/flows/", { name: "etl", tags: ["other"] });
    expect(second.status).toBe(200);
    expect(second.body).toEqual(first.body);
    expect((await app.post("/flows/", { name: "ETL" })).status).toBe(201);
  });

  it("makes one row of two creations at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => app.post("/flows/", { name: "same" })));
    expect(new Set(answers.map((a) => a.body.id)).size).toBe(1);
    expect(answers.filter((a) => a.status === 201)).toHaveLength(1);
  });

  it.each([
    [{ name: "" }],
    [{ name: "a/b" }],
    [{ name: 5 }],
    [{}],
    [undefined],
    [["etl"]],
    [{ name: "x", unknown: 1 }],
    [{ name: "x", tags: null }],
    [{ name: "x", tags: [1] }],
    [{ name: "x", labels: { k: null } }],
    [{ name: "x", labels: { k: ["list"] } }],
  ])("refuses %j and stores nothing", async (body) => {
    const answer = await app.post("/flows/", body);
    expect(answer.status).toBe(422);
    expect(Object.keys(answer.body).sort()).toEqual(["exception_detail", "exception_message", "request_body"]);
    expect((await app.post("/flows/count")).body).toBe(0);
  });

  it("reads by id in any spelling and by exact name", async () => {
    const { body: flow } = await app.post("/flows/", { name: "é?#=1", labels: { big: 1 } });
    expect((await app.get(`/flows/${flow.id.toUpperCase()}`)).body).toEqual(flow);
    expect((await app.get(`/flows/${flow.id.replaceAll("-", "")}`)).body).toEqual(flow);
    expect((await app.get("/flows/name/%C3%A9%3F%23%3D1")).body).toEqual(flow);
    expect((await app.get("/flows/name/other")).body).toEqual({ detail: "Flow not found" });
    expect((await app.get(`/flows/${nobody}`)).body).toEqual({ detail: "Flow not found" });
    expect((await app.get("/flows/not-a-uuid")).body).toEqual({ detail: "Not Found" });
  });

  it("changes only what is sent", async () => {
    const { body: flow } = await app.post("/flows/", { name: "etl", tags: ["a"], labels: { k: "v" } });
    expect((await app.patch(`/flows/${flow.id}`, { tags: ["b"] })).status).toBe(204);
    const changed = (await app.get(`/flows/${flow.id}`)).body;
    expect(changed).toMatchObject({ tags: ["b"], labels: { k: "v" }, created: flow.created });
    expect(changed.updated > flow.updated).toBe(true);
    expect((await app.patch(`/flows/${flow.id}`, {})).status).toBe(204);
    for (const body of [{ tags: null }, { name: "renamed" }, { labels: {} }, undefined]) {
      expect((await app.patch(`/flows/${flow.id}`, body)).status).toBe(422);
    }
    expect((await app.patch(`/flows/${nobody}`, { tags: [] })).status).toBe(404);
  });

  it("pages with a count", async () => {
    for (let i = 0; i < 7; i++) await app.post("/flows/", { name: `f${i}`, tags: [i % 2 === 0 ? "even" : "odd"] });
    const { body } = await app.post("/flows/paginate", { limit: 3, page: 2 });
    expect(body).toMatchObject({ count: 7, pages: 3, page: 2, limit: 3 });
    expect(body.results.map((f: { name: string }) => f.name)).toEqual(["f3", "f4", "f5"]);
    expect((await app.post("/flows/paginate", { limit: 0 })).body).toMatchObject({ results: [], pages: 0, count: 7 });
    expect(
      (await app.post("/flows/paginate", { flows: { tags: { all_: ["even"] } }, limit: 2, page: 3 })).body.results,
    ).toHaveLength(0);
    expect((await app.post("/flows/paginate", { page: 0 })).status).toBe(422);
  });

  it("answers a limit out of bounds with a text of its own, whatever else is wrong", async () => {
    const answer = await app.post("/flows/filter", { limit: 201, flows: { unknown: 1 } });
    expect([answer.status, answer.body]).toEqual([422, { detail: "Invalid limit: must be less than or equal to 200." }]);
    expect((await app.post("/flows/filter", { limit: -1 })).body).toEqual({
      detail: "Invalid limit: must be greater than or equal to 0.",
    });
  });

  it("deletes one flow, or the first ones by name", async () => {
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) ids.push((await app.post("/flows/", { name, tags: ["old"] })).body.id);
    expect((await app.post("/flows/bulk_delete", { limit: 51 })).status).toBe(422);
    const { body } = await app.post("/flows/bulk_delete", { flows: { tags: { all_: ["old"] } }, limit: 2 });
    expect(body.deleted.sort()).toEqual(ids.slice(0, 2).sort());
    expect((await app.delete(`/flows/${ids[2]}`)).status).toBe(204);
    expect((await app.delete(`/flows/${ids[2]}`)).status).toBe(404);
    expect((await app.post("/flows/count")).body).toBe(0);
  });

  it("costs one round trip, whatever is asked", async () => {
    const created = await app.post("/flows/", { name: "one", tags: ["t"] });
    const answers = [
      created,
      await app.get(`/flows/${created.body.id}`),
      await app.post("/flows/paginate", { flows: { name: { like_: "o" } } }),
      await app.patch(`/flows/${created.body.id}`, { tags: ["u"] }),
      await app.delete(`/flows/${created.body.id}`),
    ];
    expect(answers.map((a) => a.roundTrips)).toEqual([1, 1, 1, 1, 1]);
    expect(created.headers.get("server-timing")).toContain("round trips: 1");
  });
});
