import { createClient } from "@libsql/client/http";
import { beforeAll, describe, expect, it } from "vitest";
import { compileAutomationFilters } from "../../src/filters/index.ts";
import { automationList } from "../../src/schemas/automations/automations.ts";
import { countAutomations, listAutomations, listRelatedAutomations, readAutomation } from "../../src/store/automations/read.ts";
import { deleteOwnedAutomations } from "../../src/store/automations/write.ts";
import { type MeasuringDatabase, measuringDatabase } from "../scale/measuring-database.ts";
import { planOf } from "../scale/plans.ts";
import { freshDatabase } from "../support/database.ts";

const total = 10_000;
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

// All have one tag, each hundredth another, and each thousandth has none; each ten are owned by one resource.
const fill = [
  `insert into automation (id, created, updated, name, tags, trigger)
    select printf('00000000-0000-4000-8000-%012d', value), value, ${total} - value, 'automation ' || (value % 5000),
      iif(value % 1000 = 0, '[]', iif(value % 100 = 1, '["all", "rare"]', '["all"]')), '{}' from generate_series(1, ${total})`,
  `insert into automation_tag (tag, automation_id) select t.value, a.id from automation a, json_each(a.tags) t`,
  `insert into automation_related_resource (automation_id, resource_id, owned) select id, 'owner ' || (created / 10), 1 from automation`,
];

let db: MeasuringDatabase;
beforeAll(async () => {
  const database = await freshDatabase();
  const client = createClient(database);
  const series = `with recursive n(value) as (select 1 union all select value + 1 from n where value < ${total})`;
  await client.batch(
    fill.map((text) =>
      text.includes("generate_series")
        ? text.replace(/\bselect\b/, `${series} select`).replace(/generate_series\(.*\)/, "n")
        : text,
    ),
    "write",
  );
  client.close();
  db = measuringDatabase(database);
});

async function costOf(read: () => Promise<unknown>): Promise<{ rows: number; plan: string }> {
  db.taken();
  await read();
  const taken = db.taken();
  const plans = await Promise.all(taken.map((statement) => planOf(db, statement)));
  db.taken();
  const rows = taken.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
  return {
    rows,
    plan: plans
      .flat()
      .map(({ detail }) => detail)
      .join("\n"),
  };
}

const sorts = ["NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC"] as const;
// Where no index gives the order with what is asked, each automation is asked: one probe for each tag, and none of its row.
const filters: [what: string, filter: object, mostOfPage: number, mostOfCount: number][] = [
  ["everything", {}, 1000, total + 10],
  ["ids", { id: { any_: [id(1), id(2)] } }, 50, 50],
  ["names", { name: { any_: ["automation 7", "automation 8"] } }, 50, 50],
  ["a common tag", { tags: { all_: ["all"] } }, 1000, 4 * total],
  ["a rare tag", { tags: { all_: ["rare"] } }, total + 1000, 500],
  ["an unknown tag", { tags: { any_: ["none"] } }, total + 10, 10],
  ["a rare tag and a common one", { tags: { all_: ["all", "rare"] } }, 2 * total + 1000, 4 * total + 500],
  ["one of two tags", { tags: { any_: ["rare", "none"] } }, 3 * total + 1000, 500],
  ["no tags", { tags: { is_null_: true } }, total + 300, total + 10],
  ["those made before", { created: { before_: "1970-01-01T00:00:00.000020Z" } }, total + 300, 300],
];

describe("among ten thousand automations", () => {
  it.each(filters)(
    "pages and counts of %s read no more rows than their bound, in every order",
    async (_what, automations, most, mostOfCount) => {
      const { limit, offset, automations: filter } = automationList.parse({ automations });
      const where = compileAutomationFilters({ automations: filter });
      for (const sort of sorts) {
        const { rows, plan } = await costOf(() => listAutomations(db, { where, sort, limit, offset }));
        expect(rows, `${sort}\n${plan}`).toBeLessThanOrEqual(most);
      }
      const { rows, plan } = await costOf(() => countAutomations(db, where));
      expect(rows, plan).toBeLessThanOrEqual(mostOfCount);
    },
  );

  it("one is read by its id, and those of a resource by it", async () => {
    const one = await costOf(() => readAutomation(db, id(5)));
    expect(one.rows, one.plan).toBeLessThanOrEqual(2);
    const related = await costOf(() => listRelatedAutomations(db, "owner 7"));
    expect(related.rows, related.plan).toBeLessThanOrEqual(50);
    expect(related.plan).toContain("SEARCH automation_related_resource USING PRIMARY KEY (resource_id=?)");
  });

  it("those that a resource owns are deleted without a look at others", async () => {
    const { rows, plan } = await costOf(() => deleteOwnedAutomations(db, "owner 9"));
    expect(rows, plan).toBeLessThanOrEqual(200);
    expect((await costOf(() => listRelatedAutomations(db, "owner 9"))).rows).toBeLessThanOrEqual(1);
  });
});
