import { describe, expect, it } from "vitest";
import { scheduledRuns } from "../../src/cron/scheduled-runs.ts";
import { selectSchedules } from "../../src/store/deployments/scheduled-runs.ts";
import { testApp } from "../support/app.ts";
import { deploymentTools } from "../support/deployments.ts";
import { movableClock } from "../support/work-pools.ts";

describe("the job that makes the runs of schedules", () => {
  it("looks at due schedules alone, by their index, and costs the same with ten thousand that are not", async () => {
    const clock = movableClock();
    const app = await testApp({}, { now: clock.now });
    const flow = await deploymentTools(() => app).flow();
    const tick = async () => {
      const deps = app.deps();
      await scheduledRuns.run(deps, { cron: "* * * * *", scheduledTime: clock.now() });
      return deps.db.roundTrips();
    };
    const deps = app.deps();
    await deps.db.write([
      {
        sql: `with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000)
          insert into deployment (id, created, updated, name, flow_id) select 'd' || i, 1, 1, 'd' || i, ? from n`,
        args: [flow],
      },
      {
        sql: `insert into deployment_schedule (id, created, updated, deployment_id, schedule, due)
          select 's' || id, 1, 1, id, '{"cron":"0 9 * * *","timezone":null,"day_or":true}', ? from deployment`,
        args: [clock.now() + 3_600_000_000],
      },
    ]);
    expect(await tick()).toBe(1);
    const statement = selectSchedules({ due_by: 1, limit: 10 });
    const plan = await deps.db.execute({ sql: `explain query plan ${statement.sql}`, args: statement.args });
    expect(plan.rows.map((row) => String(row[3])).slice(0, 2)).toEqual([
      "CO-ROUTINE chosen",
      "SEARCH s USING INDEX ix_deployment_schedule__due (due<?)",
    ]);
    clock.advance(3700);
    // Two hundred schedules a batch, two round trips each, and one look that finds no more.
    expect(await tick()).toBe(2 * 50 + 1);
    expect((await app.post("/flow_runs/count")).body).toBe(30_000);
    expect(await tick()).toBe(1);
  }, 120_000);
});
