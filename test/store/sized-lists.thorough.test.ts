import { describe, expect, it } from "vitest";
import { tableSizes } from "../../src/store/table-sizes.ts";
import { testApp } from "../support/app.ts";

// Some members tell of the present moment.
const foundBy = ({ text }: { text: string }) => text.match(/"id":"[^"]+"|^\d+$|"count":\d+/g);

describe("the size of the tables", () => {
  it("is unknown at first, small up to twenty thousand rows, and looked at again after half a minute", () => {
    let now = 0;
    const sizes = tableSizes(() => now);
    expect([sizes.areSmall(), sizes.isDue()]).toEqual([false, true]);
    sizes.note(20_000);
    expect([sizes.areSmall(), sizes.isDue()]).toEqual([true, false]);
    now = 29_999;
    expect(sizes.isDue()).toBe(false);
    now = 30_000;
    expect(sizes.isDue()).toBe(true);
    sizes.note(20_001);
    expect(sizes.areSmall()).toBe(false);
  });

  it.each([
    ["/flow_runs/filter", "/flow_runs/count"],
    ["/flows/paginate", "/flows/count"],
    ["/deployments/filter", "/deployments/count"],
    ["/task_runs/paginate", "/task_runs/count"],
  ])("is read along with %s and %s, without a round trip of its own", async (page, count) => {
    for (const path of [page, count]) {
      const app = await testApp();
      await app.post("/flow_runs/", { flow_id: (await app.post("/flows/", { name: "f" })).body.id, tags: ["a"] });
      const { sizes } = app.deps().db;
      expect(sizes.areSmall()).toBe(false);
      const first = await app.post(path, { flow_runs: { tags: { any_: ["a"] } } });
      expect([first.status, first.roundTrips, sizes.areSmall(), sizes.isDue()]).toEqual([200, 1, true, false]);
      const second = await app.post(path, { flow_runs: { tags: { any_: ["a"] } } });
      expect([second.status, second.roundTrips, foundBy(second)]).toEqual([200, 1, foundBy(first)]);
    }
  });
});
