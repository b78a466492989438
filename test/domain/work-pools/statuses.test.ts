import { describe, expect, it } from "vitest";
import { isPolled, poolStatus, queueStatus, workerStatus } from "../../../src/domain/work-pools/statuses.ts";

const second = 1_000_000;
const now = 1_000_000 * second;

describe("the status of a worker", () => {
  it.each([
    [null, 89, "ONLINE"],
    [null, 90, "OFFLINE"],
    [10, 29, "ONLINE"],
    [10, 30, "OFFLINE"],
    [0, 89, "ONLINE"],
  ])("with an interval of %s seconds and %i seconds of silence is %s", (heartbeat_interval_seconds, silence, expected) => {
    expect(workerStatus({ heartbeat_interval_seconds, last_heartbeat_time: now - silence * second }, now)).toBe(expected);
  });
});

describe("the status of a pool", () => {
  it.each([
    ["process", "READY", now + 1, "READY"],
    ["process", "READY", now, "NOT_READY"],
    ["process", "READY", null, "READY"],
    ["process", "NOT_READY", now + 1, "NOT_READY"],
    ["process", "PAUSED", now - 1, "PAUSED"],
    ["prefect-agent", "READY", now + 1, null],
  ])("of type %s that is stored as %s with workers until %s is %s", (type, status, online_until, expected) => {
    expect(poolStatus({ type, status, online_until }, now)).toBe(expected);
  });
});

describe("the status of a queue", () => {
  it.each([
    ["READY", 60, "READY"],
    ["READY", 61, "NOT_READY"],
    ["PAUSED", 61, "PAUSED"],
    ["NOT_READY", 1, "NOT_READY"],
  ])("that is stored as %s and was polled %i seconds ago is %s", (status, ago, expected) => {
    expect(queueStatus({ status, last_polled: now - ago * second }, now)).toBe(expected);
  });

  it("does not count what was never polled as polled", () => {
    expect(isPolled(null, now)).toBe(false);
  });
});
