import { describe, expect, it } from "vitest";
import { decideFlowRunState } from "../../../src/domain/orchestration/decide.ts";
import type { FlowRunContext } from "../../../src/domain/orchestration/types.ts";
import { type StateType, stateTypes } from "../../../src/domain/states.ts";
import { brief, flowRunColumns, flowRunContext, proposal, stateOf } from "./support.ts";

/** The outcomes of `prefect/server/orchestration/core_policy.py`, by one letter each. */
const outcomes = {
  p: () => ["REJECT", null, null, "Cannot pause flows that are not currently running."],
  C: () => ["REJECT", "CANCELLED", "Cancelled", "Scheduled flow run has no infrastructure to terminate."],
  S: () => ["REJECT", "CANCELLED", "Cancelled", "Suspended flow run has no infrastructure to terminate."],
  s: (from) => ["ABORT", null, null, `This run is in a ${from} state and cannot transition to a PENDING state.`],
  q: () => ["REJECT", null, null, "This run cannot transition to the StateType.PENDING state from the StateType.PAUSED state."],
  c: () => ["REJECT", null, null, "Cannot transition flows that are cancelling to a state other than Cancelled."],
  d: () => ["ABORT", null, null, "Cannot reschedule a run without an associated deployment."],
  t: (from) => ["ABORT", null, null, `Run is already in terminal state ${from}.`],
} satisfies Record<string, (from: StateType) => readonly (string | null)[]>;

const columns = [
  "SCHEDULED",
  "PENDING",
  "RUNNING",
  "PAUSED",
  "CANCELLING",
  "COMPLETED",
  "FAILED",
  "CRASHED",
  "CANCELLED",
] as const;
type Table = Readonly<Record<StateType, string>>;

const isLetter = (letter: string): letter is keyof typeof outcomes => letter in outcomes;

function expected(letter: string, from: StateType, to: StateType): readonly (string | null)[] {
  if (isLetter(letter)) return outcomes[letter](from);
  expect(letter).toBe("A");
  return ["ACCEPT", to, to.charAt(0) + to.slice(1).toLowerCase(), null];
}

function checkTable(table: Table, context: (from: StateType) => Partial<FlowRunContext>, force = false) {
  for (const from of stateTypes) {
    for (const [i, to] of columns.entries()) {
      const facts = flowRunContext({ initial_state: stateOf(from), ...context(from) });
      const decision = decideFlowRunState(facts, proposal(to), { force });
      const letter = table[from].split(" ")[i] ?? "";
      expect([from, to, ...brief(decision)]).toEqual([from, to, ...expected(letter, from, to)]);
      expect(decision.answer_state).toBe(decision.written ?? facts.initial_state);
      expect(decision.event?.id ?? null).toBe(decision.written?.id ?? null);
    }
  }
}

const adHoc: Table = {
  SCHEDULED: "A A A p C A A A A",
  PENDING: "A s A p A A A A A",
  RUNNING: "A s A A A A A A A",
  PAUSED: "A q A p A A A A A",
  CANCELLING: "c c c c c c c c A",
  COMPLETED: "d A A t t A A t A",
  FAILED: "d A A t t A A t A",
  CRASHED: "d A A t t A A t A",
  CANCELLED: "d s A t t A A t A",
};

describe("transitions of flow runs", () => {
  it("without a deployment follow the table", () => {
    checkTable(adHoc, () => ({}));
  });

  it("with a deployment follow the table: runs that ended can be scheduled again", () => {
    const deployed = Object.fromEntries(Object.entries(adHoc).map(([from, row]) => [from, row.replace(/^d/, "A")]));
    const run = flowRunColumns({ deployment_id: "deployment" });
    const deployment = { id: "deployment", concurrency_limit: null, concurrency_options: null };
    checkTable({ ...adHoc, ...deployed }, () => ({ run, deployment }));
  });

  it("of suspended runs turn CANCELLING into CANCELLED", () => {
    const run = flowRunColumns({ deployment_id: "deployment" });
    const deployment = { id: "deployment", concurrency_limit: null, concurrency_options: null };
    const initial_state = stateOf("PAUSED", { state_details: { pause_reschedule: true } });
    const row = "A q A p S A A A A".split(" ");
    for (const [i, to] of columns.entries()) {
      const decision = decideFlowRunState(flowRunContext({ run, deployment, initial_state }), proposal(to));
      expect([to, ...brief(decision)]).toEqual([to, ...expected(row[i] ?? "", "PAUSED", to)]);
    }
  });

  it("by force are accepted but for CANCELLING where nothing has to be stopped", () => {
    const all = "A A A A A A A A A";
    const forced: Table = {
      SCHEDULED: "A A A A C A A A A",
      PENDING: all,
      RUNNING: all,
      PAUSED: all,
      CANCELLING: all,
      COMPLETED: all,
      FAILED: all,
      CRASHED: all,
      CANCELLED: all,
    };
    checkTable(forced, () => ({}), true);
    const suspended = { state_details: { pause_reschedule: true } };
    checkTable({ ...forced, PAUSED: "A A A A S A A A A" }, (from) => ({ initial_state: stateOf(from, suspended) }), true);
  });

  it("of a run that is created are accepted whatever the state", () => {
    for (const to of stateTypes) {
      const decision = decideFlowRunState(flowRunContext(), proposal(to), { force: true });
      expect(brief(decision)).toEqual(expected("A", to, to));
    }
  });
});
