import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const filter = { object: "flow_run", property: "state", type: "state", operation: "equals", value: { any: [1, null] } };

describe("saved searches", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  it("are stored once per name, their filters replaced as a whole", async () => {
    const first = await app.put("/saved_searches/", { name: "mine", filters: [{ ...filter, more: 1 }] });
    expect([first.status, first.body.filters]).toEqual([201, [filter]]);
    const again = await app.put("/saved_searches/", { name: "mine" });
    expect([again.status, again.body]).toEqual([200, { ...first.body, filters: [] }]);
    expect((await app.get(`/saved_searches/${first.body.id}`)).body).toEqual(again.body);
  });

  it("are listed by name, in parts", async () => {
    for (const name of ["b", "a", "B", ""]) await app.put("/saved_searches/", { name });
    const names = async (body: object) =>
      (await app.post("/saved_searches/filter", body)).body.map(({ name }: { name: string }) => name);
    expect(await names({})).toEqual(["", "B", "a", "b"]);
    expect(await names({ limit: 2, offset: 1 })).toEqual(["B", "a"]);
  });

  it("go once", async () => {
    const { body } = await app.put("/saved_searches/", { name: "mine" });
    expect((await app.delete(`/saved_searches/${body.id}`)).status).toBe(204);
    expect((await app.delete(`/saved_searches/${body.id}`)).body.detail).toBe("Saved search not found");
  });

  it.each([
    [{}],
    [{ name: null }],
    [{ name: "n", filters: null }],
    [{ name: "n", id: "x" }],
    [{ name: "n", filters: [{ object: "x" }] }],
  ])("refuse %j", async (body) => {
    expect((await app.put("/saved_searches/", body)).status).toBe(422);
  });
});
