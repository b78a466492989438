import { describe, expect, it } from "vitest";
import { stateTypes } from "../../../src/domain/states.ts";
import { createdFlowRun, createdTaskRun, flowRunColumns, proposal, second, start } from "./support.ts";

const far = start + 1000 * second;

describe("the times of a run", () => {
  it("expected start is set once, the next scheduled start follows each SCHEDULED state", () => {
    const run = createdFlowRun(proposal("SCHEDULED", null, { scheduled_time: far }));
    expect(run.run).toMatchObject({ expected_start_time: far, next_scheduled_start_time: far, start_time: null, end_time: null });
    run.propose(proposal("SCHEDULED", null, { scheduled_time: far + second }));
    expect(run.run).toMatchObject({ expected_start_time: far, next_scheduled_start_time: far + second });
    run.propose(proposal("RUNNING"), { force: true });
    expect(run.run).toMatchObject({ expected_start_time: far, next_scheduled_start_time: null, run_count: 1 });
  });

  it("expected start of a first state that is not SCHEDULED is its own time", () => {
    const run = createdFlowRun(proposal("PENDING", null, { scheduled_time: far }));
    expect(run.run.expected_start_time).toBe(start + second);
    expect(run.run.next_scheduled_start_time).toBeNull();
  });

  it("start stays with the first RUNNING state, end with the first final one until it is left", () => {
    const run = createdFlowRun(proposal("RUNNING"));
    const started = run.run.start_time;
    expect(started).toBe(start + second);
    run.propose(proposal("RUNNING"), { after: 2 * second });
    expect(run.run).toMatchObject({ start_time: started, run_count: 2, total_run_time: 2 * second });
    run.propose(proposal("FAILED"), { after: 3 * second });
    const ended = run.run.end_time;
    expect(run.run).toMatchObject({ end_time: start + 6 * second, total_run_time: 5 * second });
    run.propose(proposal("COMPLETED"));
    expect(run.run).toMatchObject({ end_time: ended, total_run_time: 5 * second });
    run.propose(proposal("RUNNING"));
    expect(run.run).toMatchObject({ end_time: null, start_time: started });
  });

  it.each(["COMPLETED", "FAILED", "CRASHED", "CANCELLED"] as const)("a run that is %s before it ran has both times", (type) => {
    const run = createdFlowRun(proposal("PENDING"));
    const { written } = run.propose(proposal(type));
    expect(run.run).toMatchObject({
      start_time: written?.timestamp,
      end_time: written?.timestamp,
      run_count: 0,
      total_run_time: 0,
    });
  });

  it.each(stateTypes)("the current state's columns are those of the written state: %s", (type) => {
    const run = createdFlowRun(proposal("RUNNING"));
    const { written, run_changes } = run.propose(proposal(type, "Named"), { force: true });
    expect(run_changes).toMatchObject({
      state_id: written?.id,
      state_type: type,
      state_name: "Named",
      state_timestamp: written?.timestamp,
      updated: run.context.now,
    });
  });
});

describe("the time of a state", () => {
  it("of a flow run is later than that of the one before, even where the clock stood still or ran back", () => {
    const run = createdFlowRun(proposal("PENDING"));
    const first = run.context.now;
    expect(run.propose(proposal("RUNNING"), { after: 0 }).written?.timestamp).toBe(first + 1);
    expect(run.propose(proposal("COMPLETED"), { after: -second }).written?.timestamp).toBe(first + 2);
    expect(run.run).toMatchObject({ start_time: first + 1, end_time: first + 2, total_run_time: 1 });
  });

  it("of a task run only moves where it would be the same", () => {
    const run = createdTaskRun(proposal("PENDING"));
    run.context.initial_state = { ...(run.context.initial_state ?? expect.fail()), timestamp: run.context.now + second };
    expect(run.propose(proposal("RUNNING")).written?.timestamp).toBe(run.context.now + 1);
    run.context.now -= 10 * second;
    expect(run.propose(proposal("FAILED")).written?.timestamp).toBe(run.context.now);
  });
});

describe("whose state it is", () => {
  it("the server says, whatever was sent", () => {
    const flowRun = createdFlowRun(proposal("PENDING", null, { flow_run_id: "other", task_run_id: "sent" }));
    expect(flowRun.states[0]?.state_details).toMatchObject({ flow_run_id: "flow-run", task_run_id: "sent" });
    const subflow = createdFlowRun(proposal("PENDING"), { run: flowRunColumns({ parent_task_run_id: "tracking" }) });
    expect(subflow.states[0]?.state_details).toMatchObject({ flow_run_id: "flow-run", task_run_id: "tracking" });
    const taskRun = createdTaskRun(proposal("PENDING", null, { flow_run_id: "other", task_run_id: "other" }));
    expect(taskRun.context.initial_state?.state_details).toMatchObject({ flow_run_id: "flow-run", task_run_id: "task-run" });
  });
});

describe("what is refused", () => {
  it("changes nothing", () => {
    const run = createdFlowRun(proposal("RUNNING"));
    const decision = run.propose(proposal("PENDING"));
    expect(decision).toMatchObject({ status: "ABORT", written: null, run_changes: {}, effects: [], event: null });
    expect(decision.answer_state).toBe(run.states[0]);
  });
});
