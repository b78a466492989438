import { describe, expect, it } from "vitest";
import { clampedInterval } from "../../../src/domain/orchestration/clamped-interval.ts";
import { decideTaskRunState } from "../../../src/domain/orchestration/decide.ts";
import type { TagLimitFacts } from "../../../src/domain/orchestration/types.ts";
import { propose, type StateType } from "../../../src/domain/states.ts";
import { brief, createdTaskRun, proposal, second, start, stateOf, taskRunColumns, taskRunContext } from "./support.ts";

const result = { type: "reference", storage_key: "results/1" };
type TaskRun = ReturnType<typeof createdTaskRun>;
const withPolicy = (empirical_policy: object) => ({ run: taskRunColumns({ empirical_policy }) });
const delayOf = (run: TaskRun) => ((run.context.initial_state?.state_details.scheduled_time ?? 0) - run.context.now) / second;

describe("retries of task runs", () => {
  it("wait as long as the list says for each attempt", () => {
    const run = createdTaskRun(proposal("PENDING"), withPolicy({ retries: 2, retry_delay: [60, 600] }));
    run.propose(proposal("RUNNING"));
    const failed = run.propose(propose("FAILED", { message: "one", data: result }));
    expect(brief(failed)).toEqual(["REJECT", "SCHEDULED", "AwaitingRetry", "Retrying"]);
    expect(failed.written).toMatchObject({ message: "one", data: result });
    expect(delayOf(run)).toBe(60);
    expect(run.propose(proposal("RUNNING")).details).toMatchObject({ delay_seconds: 59 });
    run.propose(proposal("RUNNING"), true);
    run.propose(proposal("FAILED"));
    expect(delayOf(run)).toBe(600);
    run.propose(proposal("RUNNING"), true);
    expect(brief(run.propose(proposal("FAILED")))).toEqual(["ACCEPT", "FAILED", "Failed", null]);
    expect(run.run.run_count).toBe(3);
  });

  it("stay at the last item of a short list", () => {
    const run = createdTaskRun(proposal("RUNNING"), withPolicy({ retries: 5, retry_delay: [1, 7] }));
    run.context.run = { ...run.run, run_count: 4 };
    run.propose(proposal("FAILED"));
    expect(delayOf(run)).toBe(7);
  });

  it("are called off by the client", () => {
    const run = createdTaskRun(proposal("RUNNING"), withPolicy({ retries: 5 }));
    expect(run.propose(proposal("FAILED", null, { retriable: false })).status).toBe("ACCEPT");
  });

  it("jitter within bounds and not at all without a delay", () => {
    const run = createdTaskRun(proposal("RUNNING"), {
      ...withPolicy({ retries: 5, retry_delay: 100, retry_jitter_factor: 0.5 }),
      random: () => 0.999_999,
    });
    run.propose(proposal("FAILED"));
    expect(delayOf(run)).toBeGreaterThan(149);
    expect(delayOf(run)).toBeLessThanOrEqual(150);
    const atOnce = createdTaskRun(proposal("RUNNING"), withPolicy({ retries: 5, retry_delay: 0, retry_jitter_factor: 0.5 }));
    atOnce.propose(proposal("FAILED"));
    expect(delayOf(atOnce)).toBe(0);
  });
});

describe("a random interval", () => {
  it("keeps to its bounds and about its average", () => {
    const samples = Array.from({ length: 1000 }, (_, i) => clampedInterval(10, (i + 0.5) / 1000));
    expect(Math.max(...samples)).toBeLessThanOrEqual(13);
    expect(Math.min(...samples)).toBeGreaterThan(7);
    expect(samples.reduce((sum, sample) => sum + sample, 0) / 1000).toBeCloseTo(10, 0);
    expect(clampedInterval(0, 0.5)).toBe(0);
  });
});

describe("the name of a running state", () => {
  it("tells reruns and retries from the first attempt", () => {
    const run = createdTaskRun(proposal("PENDING"));
    const name = (sent: string | null = null) => run.propose(proposal("RUNNING", sent)).written?.name;
    expect([name("Mine"), name()]).toEqual(["Mine", "Rerunning"]);
    run.propose(proposal("PENDING"));
    expect(name("Mine")).toBe("Rerunning");
    run.propose(proposal("FAILED"));
    expect(name("Mine")).toBe("Mine");
    expect(run.run).toMatchObject({ run_count: 1, flow_run_run_count: 1 });
    run.propose(proposal("FAILED"));
    run.context.flow_run = { id: "flow-run", state: stateOf("RUNNING"), run_count: 2 };
    expect(name()).toBe("Retrying");
    expect(run.run).toMatchObject({ run_count: 1, flow_run_run_count: 2 });
  });

  it("is Retrying straight from AwaitingRetry and Rerunning with a PENDING between", () => {
    for (const between of [false, true]) {
      const run = createdTaskRun(proposal("RUNNING"), withPolicy({ retries: 1 }));
      run.propose(proposal("FAILED"));
      if (between) run.propose(proposal("PENDING"));
      expect(run.propose(proposal("RUNNING")).written?.name).toBe(between ? "Rerunning" : "Retrying");
    }
  });
});

describe("a task run that ended", () => {
  it("keeps a kept result against every other state", () => {
    const run = createdTaskRun(propose("COMPLETED", { data: result }));
    const reason = "This run is already completed.";
    for (const type of ["RUNNING", "FAILED", "COMPLETED", "SCHEDULED"] as const)
      expect(brief(run.propose(proposal(type)))).toEqual(["REJECT", null, null, reason]);
    expect(run.propose(proposal("RUNNING"), true).status).toBe("ACCEPT");
  });

  it("counts its attempts on when the transition is refused after all", () => {
    const run = createdTaskRun(proposal("RUNNING"));
    run.propose(proposal("FAILED"));
    run.context.flow_run = { id: "flow-run", state: stateOf("PAUSED"), run_count: 1 };
    expect(run.propose(proposal("RUNNING")).written?.name).toBe("NotReady");
    expect(run.run.run_count).toBe(1);
  });
});

describe("the cache", () => {
  const cached_state = stateOf("COMPLETED", {
    message: "computed",
    data: result,
    state_details: { cache_key: "k", task_run_id: "other" },
  });

  it("answers RUNNING with a copy, before anything else is looked at", () => {
    const flow_run = { id: "flow-run", state: stateOf("CANCELLED"), run_count: 1 };
    const context = taskRunContext({ initial_state: stateOf("PENDING"), cached_state, flow_run });
    const decision = decideTaskRunState(context, proposal("RUNNING", null, { cache_key: "k" }));
    expect(brief(decision)).toEqual(["REJECT", "COMPLETED", "Cached", "Retrieved state from cache"]);
    expect(decision.written).toMatchObject({
      message: "computed",
      data: result,
      timestamp: context.now,
      state_details: { cache_key: "k", task_run_id: "task-run" },
    });
    expect(decision.written?.id).not.toBe(cached_state.id);
    expect(decision.effects.map((effect) => effect.kind)).toEqual(["store_result"]);
  });

  it.each([
    ["a refresh is wanted", { cache_key: "k", refresh_cache: true }],
    ["no key is sent", {}],
  ])("is passed over when %s", (_, details) => {
    const context = taskRunContext({ initial_state: stateOf("PENDING"), cached_state });
    expect(decideTaskRunState(context, proposal("RUNNING", null, details)).status).toBe("ACCEPT");
  });

  it("remembers a completed state by its key, unless it was forced", () => {
    const context = taskRunContext({ initial_state: stateOf("RUNNING") });
    const sent = proposal("COMPLETED", null, { cache_key: "k", cache_expiration: start });
    const { effects, written } = decideTaskRunState(context, sent);
    expect(effects).toEqual([
      { kind: "store_cache", id: expect.any(String), cache_key: "k", cache_expiration: start, task_run_state_id: written?.id },
    ]);
    expect(decideTaskRunState(context, sent, { force: true }).effects).toEqual([]);
  });

  it("refuses a key that is too long, writing the state all the same", () => {
    const context = taskRunContext({ initial_state: stateOf("RUNNING") });
    const cache_key = "k".repeat(2001);
    const decision = decideTaskRunState(context, proposal("COMPLETED", null, { cache_key }));
    const reason = "Cache key exceeded maximum allowed length of 2000 characters.";
    expect(brief(decision)).toEqual(["REJECT", "COMPLETED", "Completed", reason]);
    expect(decision.effects).toMatchObject([{ kind: "store_cache", cache_key }]);
    const longest = decideTaskRunState(context, proposal("COMPLETED", null, { cache_key: "k".repeat(2000) }));
    expect(longest.status).toBe("ACCEPT");
  });
});

describe("the slots of tags", () => {
  const limit = (tag: string, more: Partial<TagLimitFacts> = {}): TagLimitFacts => ({
    id: `limit-${tag}`,
    name: `tag:${tag}`,
    limit: 2,
    active: true,
    occupied: 0,
    held: 0,
    avg_slot_occupancy_seconds: 2,
    ...more,
  });
  const tagged = (limits: readonly TagLimitFacts[]) =>
    taskRunContext({
      run: taskRunColumns({ tags: ["a", "b"] }),
      initial_state: stateOf("PENDING"),
      tag_limits: limits,
    });

  it("are taken together, with one lease", () => {
    const { effects } = decideTaskRunState(tagged([limit("a"), limit("b", { occupied: 1 })]), proposal("RUNNING"));
    expect(effects).toMatchObject([
      { kind: "take_lease", limit_ids: ["limit-a", "limit-b"], slots: 1, holder_type: "task_run", holder_id: "task-run" },
    ]);
  });

  it("are waited for when one limit is full", () => {
    const full = limit("b", { occupied: 2, avg_slot_occupancy_seconds: 60 });
    const { details, effects } = decideTaskRunState(tagged([limit("a"), full]), proposal("RUNNING"));
    expect(details).toEqual({ type: "wait_details", delay_seconds: 10, reason: "Concurrency limit reached for tags: a, b" });
    expect(effects).toEqual([]);
  });

  it("of a limit of 0 abort, of an inactive limit do not matter", () => {
    const reason = 'The concurrency limit on tag "a" is 0 and will deadlock if the task tries to run again.';
    expect(brief(decideTaskRunState(tagged([limit("a", { limit: 0 })]), proposal("RUNNING")))).toEqual([
      "ABORT",
      null,
      null,
      reason,
    ]);
    const off = tagged([limit("a", { limit: 0, active: false })]);
    expect(decideTaskRunState(off, proposal("RUNNING"))).toMatchObject({ status: "ACCEPT", effects: [] });
    expect(decideTaskRunState(tagged([limit("a", { limit: 0 })]), proposal("RUNNING"), { force: true }).status).toBe("ACCEPT");
  });

  it("are exchanged by a run that holds them already", () => {
    const held = limit("a", { occupied: 2, held: 1 });
    expect(decideTaskRunState(tagged([held]), proposal("RUNNING")).effects).toMatchObject([
      { kind: "release_task_leases" },
      { kind: "take_lease" },
    ]);
  });

  it("are not taken when a later rule delays the run", () => {
    const ahead = stateOf("PENDING", { state_details: { scheduled_time: start + 900 * second } });
    const decision = decideTaskRunState({ ...tagged([limit("a")]), initial_state: ahead }, proposal("RUNNING"));
    expect(decision).toMatchObject({ status: "WAIT", effects: [] });
  });

  it.each(["RUNNING", "CANCELLING"] as const)("are kept while the run is %s", (type) => {
    expect(decideTaskRunState(tagged([]), proposal(type), { force: true }).effects).toEqual([]);
  });

  it.each(["COMPLETED", "PENDING", "SCHEDULED", "PAUSED"] as const)("are given back when it is %s, forced or not", (type) => {
    for (const force of [false, true])
      expect(decideTaskRunState(tagged([]), proposal(type), { force }).effects).toEqual([
        { kind: "release_task_leases", task_run_id: "task-run", limit_names: ["tag:a", "tag:b"] },
      ]);
  });
});

describe("background task runs", () => {
  const deferred = (name: string | null = null) => proposal("SCHEDULED", name, { deferred: true, task_parameters_id: "p" });

  it("wait for a worker once they are scheduled, also when they are created", () => {
    const queued = (retry: boolean) => [{ kind: "enqueue_task_run", task_run_id: "task-run", task_key: "load", retry }];
    expect(decideTaskRunState(taskRunContext(), deferred(), { force: true }).effects).toEqual(queued(false));
    expect(decideTaskRunState(taskRunContext(), deferred("AwaitingRetry")).effects).toEqual(queued(true));
    expect(decideTaskRunState(taskRunContext(), proposal("SCHEDULED")).effects).toEqual([]);
  });

  it("carry the id of their parameters until they run", () => {
    const run = createdTaskRun(deferred(), { run: taskRunColumns({ flow_run_id: null }), flow_run: null });
    for (const type of ["PENDING", "RUNNING"] as const)
      expect(run.propose(proposal(type, null, { deferred: true })).written?.state_details.task_parameters_id).toBe("p");
  });

  it("are claimed once", () => {
    const run = createdTaskRun(deferred(), { run: taskRunColumns({ flow_run_id: null }), flow_run: null });
    const claim = proposal("PENDING", null, { deferred: true });
    expect([run.propose(claim).status, run.propose(claim).status]).toEqual(["ACCEPT", "ABORT"]);
  });

  it("wait for their time, retry, are renamed and noted like others", () => {
    const details = { deferred: true, scheduled_time: start + 900 * second };
    const run = createdTaskRun(proposal("SCHEDULED", null, details), withPolicy({ retries: 1 }));
    const next = (type: StateType) => run.propose(proposal(type, null, { deferred: true }));
    expect(next("PENDING").written?.state_details.scheduled_time).toBe(details.scheduled_time);
    expect(next("RUNNING").details).toMatchObject({ type: "wait_details", delay_seconds: 897 });
    run.context.now = details.scheduled_time;
    expect(next("RUNNING").written?.name).toBe("Running");
    expect(run.run.flow_run_run_count).toBe(1);
    expect(next("FAILED").written?.name).toBe("AwaitingRetry");
    expect(next("RUNNING").written?.name).toBe("Retrying");
  });

  it("find and store cached results like others", () => {
    const details = { deferred: true, cache_key: "k" };
    const running = taskRunContext({ initial_state: stateOf("RUNNING") });
    expect(decideTaskRunState(running, proposal("COMPLETED", null, details)).effects).toMatchObject([{ kind: "store_cache" }]);
    const pending = taskRunContext({ initial_state: stateOf("PENDING"), cached_state: stateOf("COMPLETED") });
    expect(decideTaskRunState(pending, proposal("RUNNING", null, details)).written?.name).toBe("Cached");
  });

  it("run while their flow run does not, and without slots of tags", () => {
    const context = taskRunContext({
      initial_state: stateOf("PENDING"),
      flow_run: { id: "flow-run", state: stateOf("COMPLETED"), run_count: 1 },
      tag_limits: [{ id: "l", name: "tag:a", limit: 0, active: true, occupied: 0, held: 0, avg_slot_occupancy_seconds: 2 }],
    });
    expect(decideTaskRunState(context, proposal("RUNNING", null, { deferred: true })).status).toBe("ACCEPT");
  });
});

describe("the scheduled time of a task run", () => {
  it("is copied on submission and waited for", () => {
    const scheduled_time = start + 900 * second;
    const run = createdTaskRun(proposal("SCHEDULED", null, { scheduled_time }));
    expect(run.propose(proposal("PENDING")).written?.state_details.scheduled_time).toBe(scheduled_time);
    expect(run.propose(proposal("RUNNING")).status).toBe("WAIT");
  });
});
