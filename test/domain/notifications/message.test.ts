import { describe, expect, it } from "vitest";
import { messageOf } from "../../../src/domain/notifications/message.ts";
import { parseTime } from "../../../src/lib/time.ts";

const facts = {
  policy_id: "policy-1",
  flow: { id: "flow-1", name: "the flow" },
  flow_run: { id: "run-1", name: "the-run", parameters: { a: [1, "x", null, true] } },
  state: { type: "FAILED", name: "Failed", timestamp: parseTime("2026-11-24T14:11:49.791944Z") ?? 0, message: null },
  ui_url: "https://ui.example.com",
};

describe("the message of a policy", () => {
  it("is the reference's by default, also for an empty template", () => {
    const wanted = `
Flow run the flow/the-run entered state \`Failed\` at 2026-11-24 14:11:49.791944+00:00.

Flow ID: flow-1
Flow run ID: run-1
Flow run URL: https://ui.example.com/runs/flow-run/run-1
State message: None
`;
    expect([messageOf(null, facts), messageOf("", facts)]).toEqual([wanted, wanted]);
  });

  it("shows values as Python does", () => {
    const template =
      "{flow_run_parameters} {flow_run_state_type} {flow_run_name!r} {{flow_id}} {flow_run_notification_policy_id!s}";
    expect(messageOf(template, facts)).toBe("{'a': [1, 'x', None, True]} StateType.FAILED 'the-run' {flow_id} policy-1");
  });

  it("has at most 100,000 characters", () => {
    const large = { ...facts, flow: { ...facts.flow, name: "x".repeat(60_000) } };
    expect(messageOf("{flow_name}".repeat(3), large).length).toBe(100_000);
  });
});
