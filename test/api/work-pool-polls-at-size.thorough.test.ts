import { describe, expect, it } from "vitest";
import { selectDue } from "../../src/store/work-pools/poll.ts";
import { testApp } from "../support/app.ts";
import { newYear, storeFlow } from "../support/work-pools.ts";

const everything = { work_queue_names: [], scheduled_before: null, scheduled_after: null, limit: 200, now: newYear };

describe("polls of a work pool", () => {
  it("reads in proportion to queues and limit where a hundred thousand runs wait", async () => {
    const app = await testApp();
    const queue = async (name: string, more: object): Promise<string> =>
      (await app.post("/work_pools/p/queues", { name, ...more })).body.id;
    const { default_queue_id } = (await app.post("/work_pools/", { name: "p", type: "process" })).body;
    const flow = await storeFlow(app.deps());
    const full = await queue("full", { priority: 1, concurrency_limit: 0 });
    const narrow = await queue("narrow", { priority: 2, concurrency_limit: 3 });
    const deps = app.deps();
    const many = (on: string, from: number, count: number) =>
      deps.db.execute({
        sql: `with recursive n (i) as (select 0 union all select i + 1 from n where i < ? - 1)
          insert into flow_run (id, created, updated, name, flow_id, work_queue_id, state_type, state_name, expected_start_time, next_scheduled_start_time)
          select printf('%08x-0000-7000-8000-000000000000', i + ?), 1, 1, 'r' || cast(i + ? as integer), ?, ?, 'SCHEDULED', 'Scheduled', ? + i, ? + i from n`,
        args: [count, from, from, flow, on, newYear, newYear],
      });
    await many(full, 0, 40_000);
    await many(narrow, 40_000, 30_000);
    await many(default_queue_id, 70_000, 30_000);
    const { body: answer } = await app.post("/work_pools/p/get_scheduled_flow_runs", { limit: 50 });
    const names = answer.map((item: { flow_run: { name: string } }) => item.flow_run.name);
    expect(names).toHaveLength(50);
    expect(names.slice(0, 4)).toEqual(["r40000", "r40001", "r40002", "r70000"]);

    const statement = selectDue({ ...everything, work_pool_name: "p", limit: 50 });
    const plan = await deps.db.execute({ sql: `explain query plan ${statement.sql}`, args: statement.args });
    const steps = plan.rows.map((row) => String(row[3]));
    expect(steps).toContain("SEARCH r USING INDEX ix_flow_run__work_queue_scheduled (work_queue_id=?)");
    expect(steps.filter((step) => /^SCAN r\b/.test(step))).toEqual([]);
    // Two queues that may give, 50 runs each at most: their places in the index, the chosen among them, the answer's rows.
    expect(await rowsRead(deps.config.databaseUrl, statement)).toBeLessThan(600);
  }, 60_000);
});

/** Returns how many rows the server says it read for a statement. */
async function rowsRead(url: string, { sql, args }: { sql: string; args: unknown[] }): Promise<number> {
  const encode = (value: unknown) =>
    typeof value === "number"
      ? { type: "integer", value: String(value) }
      : value === null
        ? { type: "null" }
        : { type: "text", value };
  const response = await fetch(new URL("v2/pipeline", url), {
    method: "POST",
    body: JSON.stringify({ requests: [{ type: "execute", stmt: { sql, args: args.map(encode) } }] }),
  });
  const answer: unknown = await response.json();
  const found = /"rows_read":(\d+)/.exec(JSON.stringify(answer));
  if (found === null) throw new Error(`no count of rows in ${JSON.stringify(answer).slice(0, 500)}`);
  return Number(found[1]);
}
