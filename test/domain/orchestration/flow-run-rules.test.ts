import { describe, expect, it } from "vitest";
import { propose } from "../../../src/domain/states.ts";
import { brief, createdFlowRun, flowRunColumns, proposal, second, start, stateOf } from "./support.ts";

const far = start + 1000 * second;
const deployed = {
  run: flowRunColumns({ deployment_id: "deployment" }),
  deployment: { id: "deployment", concurrency_limit: null, concurrency_options: null },
};
const result = { type: "reference", storage_key: "results/1" };

describe("the scheduled time", () => {
  it("is waited for from SCHEDULED and PENDING, in whole seconds, but not by force", () => {
    const run = createdFlowRun(proposal("SCHEDULED", null, { scheduled_time: far }));
    expect(run.propose(proposal("RUNNING")).details).toEqual({
      type: "wait_details",
      delay_seconds: 998,
      reason: "Scheduled time is in the future",
    });
    expect(run.propose(proposal("PENDING")).written?.state_details.scheduled_time).toBe(far);
    expect(run.propose(proposal("RUNNING"), { after: 0.4 * second }).details).toMatchObject({ delay_seconds: 997 });
    expect(run.propose(proposal("RUNNING"), { after: 0.2 * second }).details).toMatchObject({ delay_seconds: 996 });
    expect(run.propose(proposal("RUNNING"), { force: true }).status).toBe("ACCEPT");
  });

  it("less than half a second ahead is now", () => {
    const run = createdFlowRun(proposal("SCHEDULED", null, { scheduled_time: start + 2.4 * second }));
    expect(run.propose(proposal("RUNNING")).status).toBe("ACCEPT");
  });

  it("of the proposal is kept", () => {
    const run = createdFlowRun(proposal("SCHEDULED", null, { scheduled_time: far }));
    run.propose(proposal("PENDING", null, { scheduled_time: start }));
    expect(run.propose(proposal("RUNNING")).status).toBe("ACCEPT");
  });
});

describe("marking a run late", () => {
  it("is for scheduled runs, once", () => {
    const run = createdFlowRun(proposal("SCHEDULED"));
    const late = proposal("SCHEDULED", "Late", { scheduled_time: far });
    expect(brief(run.propose(late))).toEqual(["ACCEPT", "SCHEDULED", "Late", null]);
    expect(brief(run.propose(late))).toEqual(["REJECT", null, null, "This flow run is already marked late."]);
    run.propose(proposal("PENDING"));
    expect(brief(run.propose(late))).toEqual(["REJECT", null, null, "Only scheduled flows can be marked late."]);
  });

  it("restores what the exit from a final state would have reset", () => {
    const run = createdFlowRun(proposal("FAILED"), {
      ...deployed,
      run: flowRunColumns({ deployment_id: "deployment", empirical_policy: { pause_keys: ["k"] } }),
    });
    expect(run.propose(proposal("SCHEDULED", "Late"))).toMatchObject({ status: "REJECT", run_changes: {} });
  });
});

describe("retries of flow runs", () => {
  it("replace a failure while there are retries left", () => {
    const run = createdFlowRun(proposal("RUNNING"), {
      run: flowRunColumns({ empirical_policy: { retries: 1, retry_delay: 600, pause_keys: ["k"], resuming: true } }),
    });
    run.context.run = { ...run.run, run_count: 1 };
    const failed = propose("FAILED", { message: "first", data: result, state_details: { transition_id: "t" } });
    const { written, status, details, effects } = run.propose(failed);
    expect([status, details]).toEqual(["REJECT", { type: "reject_details", reason: "Retrying" }]);
    expect(written).toMatchObject({ type: "SCHEDULED", name: "AwaitingRetry", message: "first", data: result });
    expect(written?.state_details).toMatchObject({ scheduled_time: run.context.now + 600 * second, transition_id: null });
    expect(effects.map((effect) => effect.kind)).toEqual(["store_result"]);
    expect(run.run.empirical_policy).toMatchObject({ pause_keys: [], resuming: false, retry_type: "in_process", retries: 1 });
    expect(run.propose(proposal("RUNNING")).details).toMatchObject({ delay_seconds: 599 });
    run.propose(proposal("RUNNING"), { force: true });
    expect(run.run.run_count).toBe(2);
    expect(brief(run.propose(proposal("FAILED")))).toEqual(["ACCEPT", "FAILED", "Failed", null]);
    expect(run.run.empirical_policy).toMatchObject({ retry_type: null });
  });

  it("are read from the old members when the new ones are empty", () => {
    const run = createdFlowRun(proposal("RUNNING"), {
      run: flowRunColumns({ empirical_policy: { max_retries: 2, retry_delay_seconds: 5, retries: 0 } }),
    });
    const { written } = run.propose(proposal("FAILED", "TimedOut"));
    expect(written).toMatchObject({ name: "AwaitingRetry", state_details: { scheduled_time: run.context.now + 5 * second } });
  });

  it.each([
    ["a crash", proposal("CRASHED"), {}],
    ["a forced failure", proposal("FAILED"), { force: true }],
  ] as const)("do not follow %s", (_, sent, ask) => {
    const run = createdFlowRun(proposal("RUNNING"), { run: flowRunColumns({ empirical_policy: { retries: 3 } }) });
    expect(run.propose(sent, ask)).toMatchObject({ status: "ACCEPT", written: { type: sent.type } });
  });

  it("do not reset the marks of clients that know no pauses", () => {
    const run = createdFlowRun(proposal("RUNNING"), {
      api_version: "0.8.3",
      run: flowRunColumns({ empirical_policy: { retries: 3, pause_keys: ["k"] } }),
    });
    expect(run.propose(proposal("FAILED")).run_changes).not.toHaveProperty("empirical_policy");
  });
});

describe("a run that ended", () => {
  it("is scheduled again as a retry on new infrastructure and forgets its pauses", () => {
    const run = createdFlowRun(proposal("FAILED"), {
      ...deployed,
      run: flowRunColumns({ deployment_id: "deployment", empirical_policy: { pause_keys: ["k"], resuming: true } }),
    });
    run.propose(proposal("SCHEDULED", "AwaitingRetry"));
    expect(run.run.empirical_policy).toMatchObject({ pause_keys: [], resuming: false, retry_type: "reschedule" });
  });

  it("keeps a result that was kept", () => {
    const run = createdFlowRun(proposal("RUNNING"));
    run.propose(propose("COMPLETED", { data: result }));
    expect(brief(run.propose(proposal("RUNNING")))).toEqual(["REJECT", null, null, "Run is already COMPLETED."]);
    const overwrite = "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.";
    for (const force of [false, true])
      for (const data of [null, [1], "text", { type: "unpersisted" }])
        expect(brief(run.propose(propose("COMPLETED", { data }), { force }))).toEqual(["REJECT", null, null, overwrite]);
    expect(run.propose(propose("COMPLETED", { data: {} })).status).toBe("ACCEPT");
    expect(run.propose(proposal("RUNNING")).status).toBe("ACCEPT");
  });

  it("may leave an unkept or a listed result", () => {
    for (const data of [{ type: "unpersisted" }, [1], null]) {
      const run = createdFlowRun(propose("COMPLETED", { data }));
      expect(run.propose(proposal("RUNNING")).status).toBe("ACCEPT");
    }
  });
});

describe("cancelling", () => {
  const reason = (kind: string) => `${kind} flow run has no infrastructure to terminate.`;
  const withPid = { run: flowRunColumns({ deployment_id: "deployment", infrastructure_pid: "pod:1" }) };

  it.each([
    ["scheduled", proposal("SCHEDULED"), deployed, reason("Scheduled")],
    ["resuming, whatever its infrastructure", proposal("SCHEDULED", "Resuming"), withPid, reason("Scheduled")],
    ["paused under that name", proposal("PAUSED", "Resuming"), withPid, reason("Scheduled")],
    ["suspended", proposal("PAUSED", "Suspended", { pause_reschedule: true }), withPid, reason("Suspended")],
  ])("is done at once for a run that is %s", (_, state, facts, expected) => {
    const run = createdFlowRun(state, facts);
    const decision = run.propose(propose("CANCELLING", { name: "Mine", message: "stop" }));
    expect(brief(decision)).toEqual(["REJECT", "CANCELLED", "Cancelled", expected]);
    expect(decision.written?.message).toBeNull();
  });

  it.each([
    ["awaiting its retry with infrastructure", proposal("SCHEDULED", "AwaitingRetry"), withPid],
    ["pending", proposal("PENDING"), deployed],
    ["paused in its process", proposal("PAUSED"), deployed],
  ])("has to be carried out for a run that is %s", (_, state, facts) => {
    expect(brief(createdFlowRun(state, facts).propose(proposal("CANCELLING")))).toEqual([
      "ACCEPT",
      "CANCELLING",
      "Cancelling",
      null,
    ]);
  });
});

describe("the same transition twice", () => {
  it("is answered with the state of the first time, whatever the type", () => {
    const run = createdFlowRun(proposal("PENDING"));
    const first = run.propose(proposal("RUNNING", null, { transition_id: "1" }));
    const again = run.propose(proposal("RUNNING", null, { transition_id: "1" }));
    expect(brief(again)).toEqual(["REJECT", null, null, "This run has already made this state transition."]);
    expect(again.answer_state).toBe(first.written);
    expect(run.propose(proposal("COMPLETED", null, { transition_id: "1" })).status).toBe("REJECT");
    expect(run.propose(proposal("COMPLETED", null, { transition_id: "2" })).status).toBe("ACCEPT");
  });
});

describe("the steps of a submission", () => {
  it("have names of their own and keep time and lease, whatever was sent", () => {
    const details = { scheduled_time: start, deployment_concurrency_lease_id: "lease" };
    const run = createdFlowRun(proposal("PENDING", null, details));
    const step = run.propose(proposal("PENDING", "Submitting", { scheduled_time: far, deployment_concurrency_lease_id: "sent" }));
    expect(step.written).toMatchObject({ name: "Submitting", state_details: details });
    expect(run.propose(proposal("PENDING", "Submitting")).status).toBe("ABORT");
    expect(run.propose(proposal("PENDING")).status).toBe("ABORT");
    expect(run.propose(proposal("PENDING", "InfrastructurePending")).status).toBe("ACCEPT");
  });
});

describe("subflow runs", () => {
  it("move the task run that stands for them, also when they are created; what is refused does not", () => {
    const run = createdFlowRun(proposal("PENDING"), { run: flowRunColumns({ parent_task_run_id: "tracking" }) });
    const moves = () => run.last?.effects.filter((effect) => effect.kind === "force_parent_task_run");
    const details = { flow_run_id: "flow-run", task_run_id: "tracking", child_flow_run_id: "flow-run" };
    expect(moves()).toMatchObject([{ task_run_id: "tracking", proposal: { type: "PENDING", state_details: details } }]);
    run.propose(propose("COMPLETED", { name: "Ready", message: "done", data: { artifact_key: "k", a: 1 } }));
    expect(moves()).toMatchObject([{ proposal: { type: "COMPLETED", name: "Ready", message: "done", data: { a: 1 } } }]);
    run.propose(proposal("RUNNING"));
    expect(run.last?.status).toBe("REJECT");
    expect(moves()).toEqual([]);
  });
});

describe("results", () => {
  const effectsOf = (data: unknown) => createdFlowRun(propose("COMPLETED", { data })).last;

  it("become artifacts, without what names those", () => {
    const sent = { artifact_key: "k", artifact_type: "table", artifact_description: "d", type: "reference" };
    const decision = effectsOf(sent);
    expect(decision?.effects).toEqual([
      {
        kind: "store_result",
        artifact: {
          id: expect.stringMatching(/^id-/),
          key: "k",
          type: "table",
          description: "d",
          data: { type: "reference" },
          flow_run_id: "flow-run",
          task_run_id: null,
        },
        latest: { collection_id: expect.stringMatching(/^id-/), event_id: expect.stringMatching(/^id-/) },
      },
    ]);
    expect(decision?.answer_state?.data).toEqual({ type: "reference" });
  });

  it.each([[0], [""], [[1, 2]], [{}], [false]])("may be any value: %j", (data) => {
    expect(effectsOf(data)?.effects).toMatchObject([{ kind: "store_result", artifact: { data, key: null } }]);
  });

  it.each([[null], [{ type: "unpersisted" }]])("are not kept: %j, yet answered", (data) => {
    expect(effectsOf(data)?.effects).toEqual([]);
    expect(effectsOf(data)?.answer_state?.data).toEqual(data);
  });

  it("of the current state come with a refusal", () => {
    const run = createdFlowRun(propose("COMPLETED", { data: result }));
    expect(run.propose(proposal("RUNNING")).answer_state?.data).toEqual(result);
    expect(stateOf("RUNNING").data).toBeNull();
  });
});
