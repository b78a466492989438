import { describe, expect, it } from "vitest";
import { cleanupLease, judgeCleanup } from "../../../src/domain/worker-channel/cleanup.ts";

const now = 1_000_000_000;
const message = {
  work_pool_id: "pool",
  delivery_count: 1,
  reservation_token: "token" as string | null,
  lease_expires: (now + 1) as number | null,
  dead_reason: null as string | null,
};
const last = { ...message, delivery_count: 3 };
const over = { lease_expires: now };

describe("what a worker may do with a message", () => {
  const judge = (given: typeof message | null, operation: "ack" | "release" | "renew", reservation_token = "token") => {
    const { result, change } = judgeCleanup(given, { operation, work_pool_id: "pool", reservation_token }, now);
    return [result.status, result.reason, change, result.lease_expires];
  };

  it.each([
    ["ack", message, ["accepted", null, "complete", null]],
    ["release", message, ["accepted", null, "free", null]],
    ["renew", message, ["accepted", null, "extend", now + cleanupLease]],
    ["ack", last, ["accepted", null, "complete", null]],
    ["renew", last, ["accepted", null, "extend", now + cleanupLease]],
    ["release", last, ["dead_lettered", "max_delivery_attempts_reached", "bury", null]],
    ["ack", { ...message, ...over }, ["expired", "lease_expired", "free", null]],
    ["renew", { ...last, ...over }, ["dead_lettered", "max_delivery_attempts_reached", "bury", null]],
    ["ack", null, ["not_found", "message_not_found", null, null]],
    ["ack", { ...message, dead_reason: "x" }, ["not_found", "message_not_found", null, null]],
    ["ack", { ...message, work_pool_id: "other" }, ["unauthorized", "work_pool_mismatch", null, null]],
    ["ack", { ...message, reservation_token: null }, ["not_current", "no_active_reservation", null, null]],
  ] as const)("%s of %j gives %j", (operation, given, verdict) => expect(judge(given, operation)).toEqual(verdict));

  it("gives nothing to whoever does not have the token", () =>
    expect(judge(message, "ack", "guessed")).toEqual(["invalid_token", "reservation_token_mismatch", null, null]));
});
