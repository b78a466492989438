import { describe, expect, it } from "vitest";
import { orchestrationReply } from "../../../src/api/orchestration-reply.ts";
import { decideFlowRunState } from "../../../src/domain/orchestration/decide.ts";
import { shortened } from "../../../src/domain/orchestration/events.ts";
import * as proposals from "../../../src/domain/orchestration/proposals.ts";
import { stateRow } from "../../../src/domain/orchestration/state-row.ts";
import { propose } from "../../../src/domain/states.ts";
import { orchestrationResult } from "../../../src/schemas/states.ts";
import { flowRunColumns, flowRunContext, proposal, second, start, stateOf } from "./support.ts";

describe("the event of a flow run state", () => {
  const related = {
    flow: { id: "f", name: "etl", tags: ["z"] },
    deployment: { id: "d", name: "nightly", tags: ["prod", "blue"] },
    work_queue: { id: "q", name: "default" },
    work_pool: { id: "p", name: "pool", type: "process" },
    parent_task_run: { id: "t", name: "task", tags: ["Prod"] },
  };
  const created_by = { id: "a", type: "AUTOMATION", display_value: "nightly runs" };
  const run = flowRunColumns({ tags: ["blue"], created_by });

  it("tells the state, what it belongs to and where it came from", () => {
    const initial_state = stateOf("PENDING", { message: "submitted" });
    const { event, written } = decideFlowRunState(
      flowRunContext({ run, initial_state, related }),
      proposal("RUNNING", "Well done"),
    );
    expect(event).toEqual({
      id: written?.id,
      occurred: start,
      event: "prefect.flow-run.Well done",
      resource: {
        "prefect.resource.id": "prefect.flow-run.flow-run",
        "prefect.resource.name": "run",
        "prefect.run-count": "1",
        "prefect.state-message": "",
        "prefect.state-name": "Well done",
        "prefect.state-timestamp": "2027-01-15T08:00:00.000000Z",
        "prefect.state-type": "RUNNING",
      },
      related: [
        { "prefect.resource.id": "prefect.flow.f", "prefect.resource.role": "flow", "prefect.resource.name": "etl" },
        {
          "prefect.resource.id": "prefect.deployment.d",
          "prefect.resource.role": "deployment",
          "prefect.resource.name": "nightly",
        },
        {
          "prefect.resource.id": "prefect.work-queue.q",
          "prefect.resource.role": "work-queue",
          "prefect.resource.name": "default",
        },
        {
          "prefect.resource.id": "prefect.work-pool.p",
          "prefect.resource.role": "work-pool",
          "prefect.resource.name": "pool",
          "prefect.work-pool.type": "process",
        },
        { "prefect.resource.id": "prefect.task-run.t", "prefect.resource.role": "task-run", "prefect.resource.name": "task" },
        { "prefect.resource.id": "prefect.tag.Prod", "prefect.resource.role": "tag" },
        { "prefect.resource.id": "prefect.tag.blue", "prefect.resource.role": "tag" },
        { "prefect.resource.id": "prefect.tag.prod", "prefect.resource.role": "tag" },
        { "prefect.resource.id": "prefect.tag.z", "prefect.resource.role": "tag" },
        {
          "prefect.resource.id": "prefect.automation.a",
          "prefect.resource.role": "creator",
          "prefect.resource.name": "nightly runs",
        },
      ],
      payload: {
        intended: { from: "PENDING", to: "RUNNING" },
        initial_state: { type: "PENDING", name: "Pending", message: "submitted" },
        validated_state: { type: "RUNNING", name: "Well done" },
      },
      follows: initial_state.id,
    });
  });

  it("of a first state follows nothing, and a schedule is no creator", () => {
    const scheduled = flowRunColumns({ created_by: { id: "s", type: "SCHEDULE", display_value: "cron" } });
    const { event } = decideFlowRunState(flowRunContext({ run: scheduled }), proposal("SCHEDULED"), { force: true });
    expect(event).toMatchObject({ follows: null, related: [], payload: { intended: { from: null }, initial_state: null } });
  });

  it.each([
    [299, true],
    [300, false],
  ])("follows a state of %i seconds ago: %s", (seconds, follows) => {
    const initial_state = stateOf("RUNNING", {}, start - seconds * second);
    const { event } = decideFlowRunState(flowRunContext({ initial_state }), proposal("COMPLETED"));
    expect(event?.follows).toBe(follows ? initial_state.id : null);
  });

  it("tells what was written, not what was intended, and how a run pauses", () => {
    const retrying = flowRunContext({
      initial_state: stateOf("RUNNING"),
      run: flowRunColumns({ empirical_policy: { retries: 1 } }),
    });
    expect(decideFlowRunState(retrying, proposal("FAILED")).event).toMatchObject({
      event: "prefect.flow-run.AwaitingRetry",
      payload: { intended: { from: "RUNNING", to: "SCHEDULED" } },
    });
    const pausing = flowRunContext({ initial_state: stateOf("RUNNING") });
    expect(decideFlowRunState(pausing, propose("PAUSED", { message: "hold" })).event?.payload.validated_state).toEqual({
      type: "PAUSED",
      name: "Paused",
      message: "hold",
      pause_reschedule: "false",
    });
  });

  it("leaves out the middle of a very long message", () => {
    const long = `${"a".repeat(60_000)}${"b".repeat(60_000)}`;
    expect(shortened(long)).toBe(`${"a".repeat(50_000)}...20000 additional characters...${"b".repeat(50_000)}`);
    expect(shortened("a".repeat(100_000))).toHaveLength(100_000);
    expect(shortened("a".repeat(100_010))).toHaveLength(100_010);
    expect(shortened(null)).toBe("");
  });
});

describe("the answer", () => {
  it("is 201 with the state that was made, 200 with the current one", () => {
    const run = flowRunColumns({ id: "0198c0de-0000-7000-8000-000000000001" });
    const context = flowRunContext({ run, initial_state: stateOf("RUNNING") });
    const made = orchestrationReply(decideFlowRunState(context, proposal("COMPLETED")));
    expect(made).toMatchObject({
      status: 201,
      value: { status: "ACCEPT", details: { type: "accept_details" }, state: { type: "COMPLETED" } },
    });
    const kept = orchestrationReply(decideFlowRunState(context, proposal("PENDING")));
    expect(kept).toMatchObject({ status: 200, value: { status: "ABORT", state: { id: "RUNNING-state" } } });
    const early = flowRunContext({ initial_state: stateOf("SCHEDULED", { state_details: { scheduled_time: start + second } }) });
    expect(orchestrationReply(decideFlowRunState(early, proposal("RUNNING")))).toMatchObject({
      status: 200,
      value: { status: "WAIT" },
    });
    for (const { value } of [made, kept]) expect(orchestrationResult.safeParse(value).error).toBeUndefined();
  });

  it("and the row of a state differ in the data, which is the artifact's", () => {
    const { written, effects } = decideFlowRunState(flowRunContext(), propose("COMPLETED", { data: { a: 1 } }), { force: true });
    const [artifact] = effects.flatMap((effect) => (effect.kind === "store_result" ? [effect.artifact] : []));
    expect(written && stateRow(written, effects)).toMatchObject({
      data: null,
      result_artifact_id: artifact?.id,
      name: "Completed",
    });
    const plain = decideFlowRunState(flowRunContext(), proposal("PENDING"), { force: true });
    expect(plain.written && stateRow(plain.written, plain.effects).result_artifact_id).toBeNull();
  });
});

describe("what the background loops propose", () => {
  it("has the reference's words", () => {
    expect(proposals.lateProposal(5)).toMatchObject({ type: "SCHEDULED", name: "Late", state_details: { scheduled_time: 5 } });
    expect(proposals.pauseExpiredProposal()).toMatchObject({ type: "FAILED", message: "The flow was paused and never resumed." });
    const message = "The parent flow run was cancelled.";
    expect(proposals.taskOfCancelledRunProposal()).toMatchObject({ type: "CANCELLED", message });
    expect(proposals.subflowOfCancelledRunProposal({ deployment_id: null })).toMatchObject({ type: "CANCELLED", message });
    expect(proposals.subflowOfCancelledRunProposal({ deployment_id: "d" })).toMatchObject({ type: "CANCELLING", message });
  });

  it("ends a cancellation that nobody carried out", () => {
    const context = flowRunContext({ initial_state: stateOf("CANCELLING") });
    expect(decideFlowRunState(context, proposals.cancellationTimedOutProposal())).toMatchObject({
      status: "ACCEPT",
      written: { type: "CANCELLED", message: "Flow run cancellation timed out; marked this flow run as Cancelled." },
    });
  });
});
