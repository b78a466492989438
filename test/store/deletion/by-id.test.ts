import { expect, it } from "vitest";
import { deleteRuns } from "../../../src/store/deletion/batches.ts";
import { sql } from "../../../src/store/sql/tag.ts";
import { testApp } from "../../support/app.ts";

it.each(["flow_run", "task_run"] as const)(
  "finds each %s to delete by its id, whatever index its condition has",
  async (table) => {
    const { db } = (await testApp()).deps();
    const isOld = sql`r.end_time < ${1} and r.state_type in ('COMPLETED', 'FAILED')`;
    const [remove] = deleteRuns({ table, beside: [], most: 10 }, ["a"], isOld);
    const { rows } = await db.execute({ sql: `explain query plan ${remove?.sql}`, args: remove?.args ?? [] });
    const steps = rows.map((row) => String(row[3])).filter((step) => /^(SCAN|SEARCH) r /.test(step));
    expect(steps.filter((step) => /end_time|state_type/.test(step))).toEqual([]);
    expect(steps).toContainEqual(expect.stringMatching(/^SEARCH r USING .*\(id=\?\)$/));
  },
);
