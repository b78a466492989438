import { describe, expect, it } from "vitest";
import { decidePoolUpdate, decideQueueUpdate, differenceOf } from "../../../src/domain/work-pools/updates.ts";

const now = 1_000_000_000_000;
const pool = {
  type: "process",
  description: "a",
  base_job_template: { x: [1] },
  concurrency_limit: null,
  storage_configuration: {},
};
const queue = { name: "q", description: "", concurrency_limit: 1, priority: 2, status: "NOT_READY", last_polled: null };

describe("the difference of two versions", () => {
  it("names changed fields in the order of the model and leaves out what is equal or was not sent", () => {
    expect(differenceOf({ a: 1, b: { x: 1, y: 2 }, c: 3 }, { c: null, b: { y: 2, x: 1 }, a: 2 }, ["a", "b", "c", "d"])).toEqual({
      updated_fields: ["a", "c"],
      updates: { a: { from: 1, to: 2 }, c: { from: 3, to: null } },
    });
    expect(differenceOf({ a: 1 }, { a: 1 }, ["a"])).toBeNull();
  });
});

describe("an update of a pool", () => {
  it.each([
    [{ is_paused: true }, true, "PAUSED"],
    [{ is_paused: false }, true, "READY"],
    [{ is_paused: false }, false, "NOT_READY"],
    [{ description: "b" }, true, null],
  ])("%j with a worker online: %s gives the status %s", (update, online, status) => {
    expect(decidePoolUpdate(pool, update, online)?.status).toBe(status);
  });

  it("leaves the status of an agents' pool alone and tells no pausing as a field", () => {
    expect(decidePoolUpdate({ ...pool, type: "prefect-agent" }, { is_paused: true }, true)).toEqual({
      status: null,
      difference: null,
    });
  });

  it.each([{ is_paused: null }, { base_job_template: null }, { storage_configuration: null }])("refuses %j", (update) => {
    expect(decidePoolUpdate(pool, update, true)).toBeNull();
  });
});

describe("an update of a queue", () => {
  const minute = 60_000_000;
  it.each([
    [{}, { is_paused: true }, "PAUSED"],
    [{ status: "PAUSED" }, { is_paused: true }, null],
    [{}, { is_paused: false }, null],
    [{ status: "PAUSED" }, { is_paused: false }, "NOT_READY"],
    [{ status: "PAUSED", last_polled: now - minute }, { is_paused: false }, "READY"],
    [{ status: "PAUSED", last_polled: now - minute - 1 }, { is_paused: false }, "NOT_READY"],
    [{ status: "PAUSED", last_polled: now }, { is_paused: false, last_polled: null }, "NOT_READY"],
    [{ status: "PAUSED" }, { is_paused: false, last_polled: now }, "READY"],
  ])("of %j by %j gives the status %s", (given, update, status) => {
    expect(decideQueueUpdate({ ...queue, ...given }, update, now)?.status).toBe(status);
  });

  it("tells name, description, limit and priority, but no filter and no poll", () => {
    const decision = decideQueueUpdate(queue, { priority: 3, name: "r", last_polled: now, filter: null, description: "" }, now);
    expect(decision?.difference?.updated_fields).toEqual(["name", "priority"]);
  });

  it.each([{ name: null }, { description: null }, { priority: null }])("refuses %j", (update) => {
    expect(decideQueueUpdate(queue, update, now)).toBeNull();
  });
});
