import { describe, expect, it } from "vitest";
import { type RequestedTagLimit, refusalOf, tagRefusalOf } from "../../../src/domain/concurrency/admission.ts";

const limit = (name: string, more: Partial<RequestedTagLimit> = {}): RequestedTagLimit => ({
  name,
  limit: 1,
  active: true,
  slot_decay_per_second: 0,
  active_slots: 0,
  ...more,
});

describe("why slots were refused", () => {
  it("is first that a limit never has as many", () => {
    const limits = [limit("a", { active_slots: 1 }), limit("b", { limit: 0 })];
    expect(refusalOf(limits, { slots: 1, mode: "rate_limit" })).toEqual({ kind: "more_than_limit" });
  });

  it("is then that a rate limit has no decay", () => {
    const limits = [limit("a"), limit("b", { slot_decay_per_second: 1 }), limit("c"), limit("off", { active: false })];
    expect(refusalOf(limits, { slots: 1, mode: "rate_limit" })).toEqual({ kind: "without_decay", names: ["a", "c"] });
    expect(refusalOf(limits, { slots: 1, mode: "concurrency" })).toEqual({ kind: "full" });
  });

  it("never lies in a limit that is switched off", () => {
    expect(refusalOf([limit("off", { active: false, limit: 0 })], { slots: 9, mode: "rate_limit" })).toEqual({ kind: "full" });
  });
});

describe("why a task run got no slots of its tags", () => {
  it("is a limit of 0 before a full one, also while it is switched off", () => {
    const limits = [limit("full", { active_slots: 1 }), limit("zero", { limit: 0, active: false }), limit("none", { limit: 0 })];
    expect(tagRefusalOf(limits)).toEqual({ kind: "forbidden", name: "zero" });
  });

  it("is the first full limit that is active", () => {
    const limits = [
      limit("free"),
      limit("off", { active_slots: 1, active: false }),
      limit("full", { active_slots: 2 }),
      limit("too", { active_slots: 1 }),
    ];
    expect(tagRefusalOf(limits)).toEqual({ kind: "full", name: "full" });
    expect(tagRefusalOf(limits.slice(0, 2))).toBeNull();
  });
});
