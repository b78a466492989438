import { describe, expect, it } from "vitest";
import { decideResume } from "../../../src/domain/orchestration/resume.ts";
import { brief, createdFlowRun, flowRunColumns, flowRunContext, proposal, second, start, stateOf } from "./support.ts";

const past = start - 1000 * second;
const far = start + 1000 * second;
const deployment = { id: "deployment", concurrency_limit: null, concurrency_options: null };
const deployed = { run: flowRunColumns({ deployment_id: "deployment" }), deployment };
const suspended = (key: string) => proposal("PAUSED", "Suspended", { pause_reschedule: true, pause_key: key });

const anew = { resuming: false, pause_keys: [], retry_type: "reschedule" };

type Run = ReturnType<typeof createdFlowRun>;
const policy = (run: Run) => run.run.empirical_policy;

function resume(run: Run, check: Parameters<typeof decideResume>[1] = { input: null }) {
  run.context.now += second;
  const decision = decideResume(run.context, check);
  run.write(decision);
  return decision;
}

describe("pausing", () => {
  it("fires once a key and remembers it", () => {
    const run = createdFlowRun(proposal("RUNNING"));
    run.propose(proposal("PAUSED", null, { pause_key: "approve" }));
    expect(policy(run)).toMatchObject({ pause_keys: ["approve"], resuming: false });
    run.propose(proposal("RUNNING"));
    const again = run.propose(proposal("PAUSED", null, { pause_key: "approve" }));
    expect(brief(again)).toEqual(["REJECT", null, null, "This pause has already fired."]);
    expect(run.propose(proposal("PAUSED", "Suspended", { pause_key: "approve" })).details).toMatchObject({
      reason: "This suspend has already fired.",
    });
    run.propose(proposal("PAUSED", null, { pause_key: "again" }));
    expect(policy(run)).toMatchObject({ pause_keys: ["approve", "again"] });
  });

  it("deletes input that an earlier attempt was given under the keys of this pause", () => {
    const run_input_keyset = { base: "p-base", schema: "p-schema", response: "p-response" };
    const run = createdFlowRun(proposal("RUNNING"));
    const { effects } = run.propose(proposal("PAUSED", null, { pause_key: "k", run_input_keyset }));
    expect(effects).toContainEqual({
      kind: "delete_run_inputs",
      flow_run_id: run.context.run.id,
      keys: ["p-base", "p-schema", "p-response"],
    });
    run.propose(proposal("RUNNING"));
    const refused = run.propose(proposal("PAUSED", null, { pause_key: "k", run_input_keyset }));
    expect(refused.effects).toEqual([]);
  });

  it.each([
    ["for a scheduled state begins anew, and its pauses fire again", "SCHEDULED", null, anew],
    ["for a scheduled state with the newest API begins anew", "SCHEDULED", "0.8.4", anew],
    ["for a scheduled state of an API without pauses goes on", "SCHEDULED", "0.8.3", { resuming: true, pause_keys: ["k"] }],
    ["for a running state goes on", "RUNNING", "0.8.4", { pause_keys: ["k"] }],
  ] as const)("that blocks and is left %s", (_, type, api_version, expected) => {
    const run = createdFlowRun(proposal("RUNNING"), { ...deployed, api_version });
    run.propose(proposal("PAUSED", null, { pause_key: "k" }));
    const { run_changes } = run.propose(proposal(type));
    expect(run_changes.empirical_policy).toMatchObject(expected);
  });

  it("that is rescheduled keeps its keys when it is left for a scheduled state", () => {
    const run = createdFlowRun(proposal("RUNNING"), deployed);
    run.propose(suspended("k"));
    run.propose(proposal("SCHEDULED"));
    expect(policy(run)).toMatchObject({ resuming: true, pause_keys: ["k"] });
  });

  it("without a key remembers an id that the state does not show", () => {
    const run = createdFlowRun(proposal("RUNNING"));
    const { written } = run.propose(proposal("PAUSED"));
    expect(written?.state_details.pause_key).toBeNull();
    expect(policy(run)).toMatchObject({ pause_keys: [expect.stringMatching(/^id-/)] });
  });

  it("by force keeps no key", () => {
    const run = createdFlowRun(proposal("RUNNING"));
    const { run_changes } = run.propose(proposal("PAUSED", null, { pause_key: "k" }), { force: true });
    expect(run_changes).not.toHaveProperty("empirical_policy");
  });

  it.each([
    ["that waits", proposal("PENDING"), {}, "REJECT", "Cannot suspend flows that are not currently running."],
    ["of a subflow", proposal("RUNNING"), { parent_task_run_id: "t", deployment_id: "d" }, "ABORT", "Cannot suspend subflows."],
    ["without a deployment", proposal("RUNNING"), {}, "ABORT", "Cannot suspend flows without a deployment."],
  ])("is refused to a run %s", (_, state, columns, status, reason) => {
    const run = createdFlowRun(state, { run: flowRunColumns(columns) });
    const decision = run.propose(suspended("k"));
    expect(brief(decision)).toEqual([status, null, null, reason]);
    expect(decision.run_changes).toEqual({});
  });
});

describe("leaving a pause", () => {
  it("in the same process counts an attempt the first time only", () => {
    const run = createdFlowRun(proposal("RUNNING"));
    run.propose(proposal("PAUSED", null, { pause_key: "one" }));
    expect(resume(run)).toMatchObject({ status: "ACCEPT", written: { type: "RUNNING", name: "Running" } });
    expect(run.run.run_count).toBe(2);
    expect(policy(run)).toMatchObject({ resuming: true });
    run.propose(proposal("PAUSED", null, { pause_key: "two" }));
    run.propose(proposal("RUNNING"));
    expect(run.run.run_count).toBe(2);
    expect(policy(run)).toMatchObject({ resuming: true });
    run.propose(proposal("COMPLETED"));
    expect(policy(run)).toMatchObject({ resuming: false, pause_keys: ["one", "two"] });
    run.propose(proposal("RUNNING"));
    expect(policy(run)).toMatchObject({ resuming: false, pause_keys: [] });
    expect(run.run.run_count).toBe(3);
  });

  it("of a suspended run does not count an attempt", () => {
    const run = createdFlowRun(proposal("RUNNING"), deployed);
    run.propose(suspended("night"));
    const { written } = resume(run);
    expect(written).toMatchObject({ type: "SCHEDULED", name: "Resuming", state_details: { scheduled_time: run.context.now } });
    expect(policy(run)).toMatchObject({ resuming: true });
    run.propose(proposal("PENDING"));
    run.propose(proposal("RUNNING"));
    expect(run.run.run_count).toBe(1);
    expect(policy(run)).toMatchObject({ resuming: false });
  });

  it("is marked even when it is refused, without a state", () => {
    const run = createdFlowRun(proposal("RUNNING"));
    run.propose(proposal("PAUSED", null, { pause_key: "k" }));
    const { written, run_changes } = run.propose(proposal("PENDING"));
    expect(written).toBeNull();
    expect(run_changes).toMatchObject({ updated: run.context.now, empirical_policy: { resuming: true, pause_keys: ["k"] } });
    expect(run_changes).not.toHaveProperty("state_id");
  });

  it("is not marked by another pause, nor by a suspended run that is cancelled", () => {
    const run = createdFlowRun(proposal("RUNNING"), deployed);
    run.propose(suspended("k"));
    expect(run.propose(proposal("PAUSED")).run_changes).toEqual({});
    expect(run.propose(proposal("CANCELLING"))).toMatchObject({ written: { type: "CANCELLED" } });
    expect(policy(run)).toMatchObject({ resuming: false });
  });

  it("of a run without a deployment that is suspended all the same is refused", () => {
    const run = createdFlowRun(suspended("k"));
    const reason = "Cannot reschedule a running flow run without a deployment.";
    expect(brief(run.propose(proposal("RUNNING")))).toEqual(["REJECT", null, null, reason]);
  });
});

describe("a pause that timed out", () => {
  const paused = () => createdFlowRun(proposal("PAUSED", null, { pause_timeout: past }), deployed);

  it.each(["RUNNING", "SCHEDULED", "COMPLETED"] as const)("turns %s into a failure", (type) => {
    const run = paused();
    const decision = run.propose(proposal(type));
    const reason = "The flow run pause has timed out and can no longer resume.";
    expect(brief(decision)).toEqual(["REJECT", "FAILED", "Failed", reason]);
    expect(decision.written?.message).toBe(`The flow was ${type.toLowerCase()} and never resumed.`);
    expect(policy(run)).toMatchObject({ resuming: true });
  });

  it("can still be cancelled", () => {
    expect(paused().propose(proposal("CANCELLING"))).toMatchObject({ status: "ACCEPT", written: { type: "CANCELLING" } });
  });

  it("has not while its time is ahead", () => {
    const run = createdFlowRun(proposal("PAUSED", null, { pause_timeout: far }));
    expect(run.propose(proposal("RUNNING")).status).toBe("ACCEPT");
  });

  it("counts the attempt for clients that know no pauses", () => {
    const run = createdFlowRun(proposal("RUNNING"), {
      api_version: "0.8.3",
      run: flowRunColumns({ empirical_policy: { resuming: true } }),
    });
    expect(run.run.run_count).toBe(1);
    expect(policy(run)).toEqual({ resuming: true });
  });
});

describe("resuming", () => {
  const keyset = { schema: "s", response: "keyset-response" };
  const waiting = (details = {}) =>
    flowRunContext({ initial_state: stateOf("PAUSED", { state_details: { run_input_keyset: keyset, ...details } }) });

  it("what is not paused is aborted without a state", () => {
    expect(decideResume(flowRunContext({ initial_state: stateOf("RUNNING") }), { input: {} })).toMatchObject({
      status: "ABORT",
      details: { type: "abort_details", reason: "Cannot resume a flow run that is not paused." },
      answer_state: null,
      written: null,
    });
  });

  it("with an input that is refused keeps the pause", () => {
    const context = waiting();
    expect(decideResume(context, { fault: "Run input schema not found." })).toMatchObject({
      status: "REJECT",
      details: { type: "abort_details", reason: "Run input schema not found." },
      answer_state: context.initial_state,
      run_changes: {},
    });
  });

  it("stores an accepted input as text under its key", () => {
    expect(decideResume(waiting(), { input: { answer: 42 } }).effects).toMatchObject([
      { kind: "store_run_input", flow_run_id: "flow-run", key: "keyset-response", value: '{"answer":42}' },
    ]);
    expect(decideResume(waiting(), { input: {} }).effects).toEqual([]);
  });

  it("too late stores nothing", () => {
    expect(decideResume(waiting({ pause_timeout: past }), { input: { answer: 42 } })).toMatchObject({
      status: "REJECT",
      written: { type: "FAILED" },
      effects: [],
    });
  });
});
