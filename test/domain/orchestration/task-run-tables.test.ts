import { describe, expect, it } from "vitest";
import { decideTaskRunState } from "../../../src/domain/orchestration/decide.ts";
import { defaultStateName, isFinalType, type StateType, stateTypes } from "../../../src/domain/states.ts";
import { brief, proposal, stateOf, taskRunColumns, taskRunContext } from "./support.ts";

const accepted = (to: StateType) => ["ACCEPT", to, defaultStateName(to), null];
const aborted = (reason: string) => ["ABORT", null, null, reason];
const closed: readonly StateType[] = ["PAUSED", "CANCELLING", "CRASHED"];
const alreadySubmitted: readonly StateType[] = ["PENDING", "RUNNING", "CANCELLING", "CANCELLED"];

const core = (from: StateType, to: StateType) =>
  isFinalType(from) && closed.includes(to) ? aborted(`Run is already ${from}.`) : accepted(to);

const background = (from: StateType, to: StateType) =>
  to === "PENDING" && alreadySubmitted.includes(from)
    ? aborted(`This run is in a ${from} state and cannot transition to a PENDING state.`)
    : core(from, to);

const pairs = stateTypes.flatMap((from) => stateTypes.map((to) => [from, to] as const));

describe("transitions of task runs", () => {
  it.each(pairs)("in a running flow run: %s to %s", (from, to) => {
    const decision = decideTaskRunState(taskRunContext({ initial_state: stateOf(from) }), proposal(to));
    // The attempt of a task run that ended belongs to an earlier attempt of its flow run.
    const isRetry = isFinalType(from) && to === "RUNNING";
    expect(brief(decision)).toEqual(isRetry ? ["ACCEPT", "RUNNING", "Retrying", null] : core(from, to));
  });

  it.each(pairs)("without a flow run: %s to %s", (from, to) => {
    const run = taskRunColumns({ flow_run_id: null });
    const context = taskRunContext({ run, flow_run: null, initial_state: stateOf(from) });
    expect(brief(decideTaskRunState(context, proposal(to)))).toEqual(core(from, to));
  });

  it.each(pairs)("by force: %s to %s", (from, to) => {
    const flow_run = { id: "flow-run", state: stateOf("CANCELLED"), run_count: 1 };
    const context = taskRunContext({ initial_state: stateOf(from), flow_run });
    expect(brief(decideTaskRunState(context, proposal(to), { force: true }))).toEqual(accepted(to));
  });

  it.each(pairs)("of background tasks, forced or not: %s to %s", (from, to) => {
    const run = taskRunColumns({ flow_run_id: null });
    const context = taskRunContext({ run, flow_run: null, initial_state: stateOf(from) });
    const deferred = proposal(to, null, { deferred: true });
    expect(brief(decideTaskRunState(context, deferred))).toEqual(background(from, to));
    expect(brief(decideTaskRunState(context, deferred, { force: true }))).toEqual(background(from, to));
  });

  it.each(stateTypes)("to RUNNING while the flow run is %s", (type) => {
    const details = { pause_timeout: 5, pause_reschedule: true };
    const flow_run = { id: "flow-run", state: stateOf(type, { state_details: details }), run_count: 1 };
    const decision = decideTaskRunState(taskRunContext({ initial_state: stateOf("PENDING"), flow_run }), proposal("RUNNING"));
    if (type === "RUNNING") expect(brief(decision)).toEqual(accepted("RUNNING"));
    else if (type === "PAUSED") {
      const reason = "The flow is paused, new tasks can execute after resuming flow run: flow-run.";
      expect(brief(decision)).toEqual(["REJECT", "PAUSED", "NotReady", reason]);
      expect(decision.written?.state_details).toMatchObject({ ...details, flow_run_id: "flow-run", task_run_id: "task-run" });
    } else expect(brief(decision)).toEqual(aborted("The enclosing flow must be running to begin task execution."));
  });
});
