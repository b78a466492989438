import { describe, expect, it } from "vitest";
import type { Event } from "../../src/domain/events/event.ts";
import { readTaskRunReport } from "../../src/domain/events/task-run-reports.ts";
import { type Database, openDatabase } from "../../src/store/client.ts";
import { recordTaskRuns } from "../../src/store/task-run-recorder/write.ts";
import { freshDatabase } from "../support/database.ts";

// mulberry32: the same numbers in every run.
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
const flowRun = uuid(0xf);
const types = ["Pending", "Running", "Paused", "Completed"];

function randomEvent(n: number, pick: (below: number) => number): Event {
  const key = pick(3);
  const maybe = (name: string, value: unknown) => (pick(2) === 0 ? {} : { [name]: value });
  const type = types[pick(types.length)] ?? "";
  const flow = { "prefect.resource.id": `prefect.flow-run.${flowRun}`, "prefect.resource.role": "flow-run" };
  return {
    id: uuid(1_000 + n),
    occurred: 1_000_000 * (1 + pick(12)),
    event: `prefect.task-run.${type}`,
    resource: { "prefect.resource.id": `prefect.task-run.${uuid(100 + key * 2 + pick(2))}`, "prefect.orchestration": "client" },
    related: key === 2 ? [] : [flow],
    payload: {
      validated_state: { type: type.toUpperCase(), name: type },
      task_run: {
        task_key: "k",
        dynamic_key: String(key),
        ...maybe("name", `n${n}`),
        ...maybe("run_count", n),
        ...maybe("cache_key", pick(3) === 0 ? null : `c${n}`),
        ...maybe("end_time", pick(3) === 0 ? null : n),
        ...maybe("tags", [`t${pick(3)}`, `u${n}`]),
        ...maybe("task_inputs", { [`i${n}`]: [] }),
      },
    },
    follows: null,
  };
}

async function record(groups: readonly (readonly Event[])[]) {
  const db: Database = openDatabase(await freshDatabase());
  await db.write([
    { sql: "insert into flow (id, created, updated, name) values ('f', 1, 1, 'f')", args: [] },
    { sql: "insert into flow_run (id, created, updated, name, flow_id) values (?, 1, 1, 'r', 'f')", args: [flowRun] },
  ]);
  for (const group of groups) {
    const reports = group.map(readTaskRunReport).filter((report) => report !== null);
    expect(reports).toHaveLength(group.length);
    await db.write(recordTaskRuns(reports, 7));
  }
  const results = await db.read([
    { sql: "select * from task_run order by id", args: [] },
    { sql: "select * from task_run_state order by id", args: [] },
    { sql: "select * from task_run_tag order by task_run_id, tag", args: [] },
  ]);
  return results.map((result) => result.rows.map((row) => ({ ...row })));
}

describe("recording reports in groups", () => {
  it.each(Array.from({ length: 12 }, (_, i) => i))("gives what recording them one by one gives (%i)", async (seed) => {
    const pick = numbers(seed);
    const events = Array.from({ length: 30 }, (_, n) => randomEvent(n, pick));
    const groups: Event[][] = [];
    for (let i = 0; i < events.length; ) {
      const size = 1 + pick(10);
      groups.push(events.slice(i, i + size));
      i += size;
    }
    const [rows, states, tags] = await record(events.map((event) => [event]));
    expect(rows?.length).toBeGreaterThan(2);
    expect(await record(groups)).toEqual([rows, states, tags]);
    expect(await record([...groups, ...groups])).toEqual([rows, states, tags]);
  });
});
