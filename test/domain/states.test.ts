import { describe, expect, it } from "vitest";
import {
  decodeStateDetails,
  defaultStateName,
  emptyStateDetails,
  encodeStateDetails,
  hasPersistedResult,
  isFinalType,
  makeState,
  propose,
  stateTypes,
  wireState,
} from "../../src/domain/states.ts";
import { state, stateCreate } from "../../src/schemas/states.ts";

const at = { id: "0198c0de-0000-7000-8000-000000000001", timestamp: 1_800_000_000_000_001 };

describe("a proposed state", () => {
  it("gets the capitalised type as its name unless it brings one, even an empty one", () => {
    expect(stateTypes.map(defaultStateName)).toEqual([
      "Scheduled",
      "Pending",
      "Running",
      "Completed",
      "Failed",
      "Cancelled",
      "Crashed",
      "Paused",
      "Cancelling",
    ]);
    expect(makeState(propose("RUNNING"), at).name).toBe("Running");
    expect(makeState(propose("RUNNING", { name: "" }), at).name).toBe("");
  });

  it("is scheduled for now when it is SCHEDULED without a time", () => {
    expect(makeState(propose("SCHEDULED"), at).state_details.scheduled_time).toBe(at.timestamp);
    expect(makeState(propose("PENDING"), at).state_details.scheduled_time).toBeNull();
    const later = propose("SCHEDULED", { state_details: { scheduled_time: 5 } });
    expect(makeState(later, at).state_details.scheduled_time).toBe(5);
  });

  it("ends a run in four of the nine types", () => {
    expect(stateTypes.filter(isFinalType)).toEqual(["COMPLETED", "FAILED", "CANCELLED", "CRASHED"]);
  });
});

describe("state details", () => {
  const details = {
    ...emptyStateDetails,
    scheduled_time: 1_800_000_000_000_001,
    cache_expiration: 1_800_000_000_000_000,
    run_input_keyset: { schema: "s", response: "r" },
    retriable: false,
    deferred: null,
  };

  it("have ISO times when stored and come back the same", () => {
    const stored = encodeStateDetails(details);
    expect(stored.scheduled_time).toBe("2027-01-15T08:00:00.000001Z");
    expect(stored.cache_expiration).toBe("2027-01-15T08:00:00.000000Z");
    expect(Object.keys(stored)).toHaveLength(18);
    expect(decodeStateDetails(JSON.parse(JSON.stringify(stored)))).toEqual(details);
  });

  it("get their defaults for what is missing or malformed", () => {
    expect(decodeStateDetails({})).toEqual(emptyStateDetails);
    expect(decodeStateDetails(null)).toEqual(emptyStateDetails);
    expect(decodeStateDetails({ scheduled_time: "soon", pause_reschedule: "yes", unheard_of: 1 })).toEqual(emptyStateDetails);
  });
});

describe("results that protect a run", () => {
  it.each([
    [{ type: "reference" }, true],
    [{ any: 1 }, true],
    [{ type: "unpersisted" }, false],
    [{}, false],
    [[1], false],
    ["text", false],
    [0, false],
    [null, false],
  ])("%j: %s", (data, expected) => {
    expect(hasPersistedResult(data)).toBe(expected);
  });
});

describe("the schemas", () => {
  it("fill in every member of a proposal that only has a type", () => {
    expect(stateCreate.parse({ type: "RUNNING" })).toEqual({
      type: "RUNNING",
      name: null,
      message: null,
      data: null,
      state_details: emptyStateDetails,
    });
  });

  it("read times, ids and booleans in every form and drop unknown details", () => {
    const parsed = stateCreate.parse({
      type: "SCHEDULED",
      state_details: {
        scheduled_time: "2035-01-01T02:00:00+02:00",
        transition_id: "0198C0DE00007000800000000000ABCD",
        deferred: "yes",
        pause_timeout: null,
        unheard_of: 1,
      },
    });
    expect(parsed.state_details).toEqual({
      ...emptyStateDetails,
      scheduled_time: Date.UTC(2035, 0, 1) * 1000,
      transition_id: "0198c0de-0000-7000-8000-00000000abcd",
      deferred: true,
    });
  });

  it.each([
    ["a lower case type", { type: "running" }],
    ["no type", {}],
    ["an id of its own", { type: "RUNNING", id: at.id }],
    ["a time of its own", { type: "RUNNING", timestamp: "2035-01-01T00:00:00Z" }],
    ["details that are null", { type: "RUNNING", state_details: null }],
    ["a transition id that is no UUID", { type: "RUNNING", state_details: { transition_id: "x" } }],
    ["a flag that must not be null", { type: "RUNNING", state_details: { pause_reschedule: null } }],
  ])("refuse %s", (_, sent) => {
    expect(stateCreate.safeParse(sent).success).toBe(false);
  });

  it("describe a state as it is answered", () => {
    const made = makeState(propose("PAUSED", { state_details: { pause_timeout: at.timestamp } }), at);
    const wire = wireState(made);
    expect(wire.timestamp).toBe("2027-01-15T08:00:00.000001Z");
    const { state_details, ...rest } = state.parse(wire);
    expect(rest).toEqual({ id: at.id, type: "PAUSED", name: "Paused", timestamp: wire.timestamp, message: null, data: null });
    expect(state_details).toEqual(made.state_details);
  });
});
