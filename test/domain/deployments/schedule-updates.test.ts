import { describe, expect, it } from "vitest";
import { planSchedules } from "../../../src/domain/deployments/schedule-updates.ts";
import type { DeploymentScheduleUpdate } from "../../../src/schemas/deployments.ts";

const daily = { cron: "0 9 * * *", timezone: null, day_or: true };
const sent = (members: Partial<DeploymentScheduleUpdate>): DeploymentScheduleUpdate => ({
  active: null,
  schedule: null,
  max_scheduled_runs: null,
  parameters: {},
  slug: null,
  replaces: null,
  ...members,
});
const existing = (...slugs: (string | null)[]) => slugs.map((slug) => ({ id: `id of ${slug}`, slug }));
const refused = (message: string) => ({ kind: "refused", message });

describe("schedules in an update", () => {
  it.each([
    ["there are none", existing()],
    ["one has no slug", existing("a", null)],
  ])("are replaced where %s; those without a schedule are skipped", (_, before) => {
    const wanted = sent({ schedule: daily, slug: "a" });
    expect(planSchedules(before, [wanted, sent({ slug: "b" })])).toEqual({ kind: "replace", create: [wanted] });
    expect(planSchedules(before, [])).toEqual({ kind: "replace", create: [] });
  });

  it("are found by slug where all have one: known ones change, new ones are made, the others stay", () => {
    const known = sent({ slug: "b", active: false });
    const fresh = sent({ slug: "c", schedule: daily });
    expect(planSchedules(existing("a", "b"), [known, fresh])).toEqual({
      kind: "change",
      rename: [],
      change: [{ id: "id of b", update: known }],
      create: [fresh],
    });
    expect(planSchedules(existing("a"), [])).toEqual({ kind: "change", rename: [], change: [], create: [] });
  });

  it("swap and chain their slugs by `replaces`", () => {
    const swap = [sent({ slug: "b", replaces: "a" }), sent({ slug: "a", replaces: "b" })];
    expect(planSchedules(existing("a", "b"), swap)).toMatchObject({
      rename: ["id of a", "id of b"],
      change: [{ id: "id of a" }, { id: "id of b" }],
    });
    const chain = [sent({ slug: "b", replaces: "a" }), sent({ slug: "c", replaces: "b" })];
    expect(planSchedules(existing("a", "b"), chain)).toMatchObject({ kind: "change", rename: ["id of a", "id of b"] });
    const unknown = sent({ slug: "x", replaces: "gone", schedule: daily });
    expect(planSchedules(existing("a"), [unknown])).toMatchObject({ rename: [], change: [], create: [unknown] });
  });

  it.each([
    [
      [sent({ schedule: daily })],
      "Please provide a slug for each schedule in your request to ensure schedules are updated correctly.",
    ],
    [[sent({ slug: "new" })], "Unable to create new deployment schedules without a schedule configuration."],
    [[sent({ slug: "new", replaces: "gone" })], "Unable to create new deployment schedules without a schedule configuration."],
    [
      [sent({ slug: "x", replaces: "b" }), sent({ slug: "y", replaces: "b" })],
      "Multiple schedules have 'replaces' targeting the same slug: b",
    ],
    [[sent({ slug: "a", replaces: "b" })], "Cannot rename schedule from 'b' to 'a': a schedule with slug 'a' already exists."],
  ])("are refused: %j", (schedules, message) => {
    expect(planSchedules(existing("a", "b"), schedules)).toEqual(refused(message));
  });
});
