import { describe, expect, it } from "vitest";
import { type FullLimit, retryAfterSeconds } from "../../../src/domain/concurrency/waiting.ts";

const limit = (more: Partial<FullLimit> = {}): FullLimit => ({
  name: "a",
  limit: 1,
  slot_decay_per_second: 0,
  denied_slots: 0,
  avg_slot_occupancy_seconds: 2,
  ...more,
});

/** The mean over evenly spread chances, which is about the average that the wait is drawn around. */
const mean = (limits: FullLimit[], slots = 1): number => {
  const draws = Array.from({ length: 1000 }, (_, i) => retryAfterSeconds(limits, slots, (i + 0.5) / 1000));
  return draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
};

describe("the wait for a slot", () => {
  it.each([
    ["the time that a slot is held", [limit()], 1, 2],
    ["shared by the slots of the limit", [limit({ limit: 4 })], 2, 1],
    ["longer the more were refused before", [limit({ denied_slots: 5 })], 1, 12],
    ["at most half a minute", [limit({ denied_slots: 500 })], 1, 30],
    [
      "at most half a minute for a slot, however long it is held",
      [limit({ limit: 60, avg_slot_occupancy_seconds: 3600 })],
      1,
      0.5,
    ],
    ["at most ten seconds for a tag", [limit({ name: "tag:t", denied_slots: 500 })], 1, 10],
    ["as long as decay needs, without a bound", [limit({ limit: 5, denied_slots: 3, slot_decay_per_second: 0.01 })], 1, 400],
    ["that of the limit with most demand", [limit({ limit: 4 }), limit({ denied_slots: 2 }), limit()], 1, 6],
    ["that of the first limit where demand is equal", [limit({ avg_slot_occupancy_seconds: 5 }), limit()], 1, 5],
  ])("is %s", (_, limits, slots, average) => {
    expect(mean(limits, slots) / average).toBeCloseTo(1, 1);
    expect(retryAfterSeconds(limits, slots, 0)).toBeGreaterThan(0.7 * average);
    expect(retryAfterSeconds(limits, slots, 1)).toBeCloseTo(1.3 * average, 6);
  });

  it("is none where nothing is waited for", () => {
    expect(retryAfterSeconds([], 1, 0.5)).toBe(0);
  });
});
