import { describe, expect, it } from "vitest";
import type { FlowRunContext } from "../../../src/domain/orchestration/types.ts";
import { isFinalType, stateTypes } from "../../../src/domain/states.ts";
import {
  brief,
  createdFlowRun,
  type FlowRunInMemory,
  flowRunColumns,
  newClient,
  oldClient,
  proposal,
  Slots,
  second,
  start,
} from "./support.ts";

const options = { collision_strategy: "ENQUEUE", grace_period_seconds: 120 };

function facts(limit = 1, concurrency_options: unknown = options, active = true): Partial<FlowRunContext> {
  const concurrency_limit = { id: "limit", limit, active, occupied: 0 };
  return { deployment: { id: "deployment", concurrency_limit, concurrency_options } };
}

/** Scheduled runs of one deployment that share its slots. */
function runs(count: number, shared: Partial<FlowRunContext> = facts()) {
  const slots = new Slots();
  return Array.from({ length: count }, (_, i) => {
    const run = flowRunColumns({ id: `run-${i}`, deployment_id: "deployment" });
    let made = 0;
    return createdFlowRun(proposal("SCHEDULED"), { ...shared, run, newId: () => `run-${i}-id-${++made}` }, slots);
  });
}

function pair(shared?: Partial<FlowRunContext>): readonly [FlowRunInMemory, FlowRunInMemory] {
  const [a, b] = runs(2, shared);
  return a !== undefined && b !== undefined ? [a, b] : expect.fail("two runs were to be made");
}

const client = newClient;
const leaseId = (run: FlowRunInMemory) => run.context.initial_state?.state_details.deployment_concurrency_lease_id ?? null;

describe("a slot of a deployment", () => {
  it("is taken with a lease on submission, kept while the run works and given back when it ends", () => {
    const [run, other] = pair();
    const { effects } = run.propose(proposal("PENDING"), { client });
    expect(effects).toEqual([
      {
        kind: "take_lease",
        lease_id: leaseId(run),
        limit_ids: ["limit"],
        slots: 1,
        ttl_seconds: 120,
        holder_type: "flow_run",
        holder_id: "run-0",
      },
    ]);
    const full = other.propose(proposal("PENDING"), { client });
    expect(brief(full)).toEqual(["REJECT", "SCHEDULED", "AwaitingConcurrencySlot", "Deployment concurrency limit reached."]);
    expect(full.written?.state_details.scheduled_time).toBe(other.context.now + 30 * second);
    expect(run.propose(proposal("RUNNING"), { client }).effects).toEqual([
      { kind: "renew_lease", lease_id: leaseId(run), ttl_seconds: 120 },
    ]);
    expect(run.propose(proposal("COMPLETED"), { client }).effects).toEqual([{ kind: "release_lease", lease_id: leaseId(run) }]);
    expect(other.propose(proposal("PENDING"), { client }).status).toBe("ACCEPT");
  });

  it("that is not free cancels a new run where the deployment says so", () => {
    const [run, other] = pair(facts(1, { collision_strategy: "CANCEL_NEW" }));
    run.propose(proposal("PENDING"), { client });
    const decision = other.propose(proposal("PENDING"), { client });
    expect(brief(decision)).toEqual(["REJECT", "CANCELLED", "Cancelled", "Deployment concurrency limit reached."]);
    expect(decision.written?.message).toBe("Deployment concurrency limit reached.");
    expect(decision.effects).toEqual([]);
    expect(run.occupied("limit")).toBe(1);
  });

  it("is leased for 300 seconds unless the deployment says otherwise", () => {
    const [run] = pair(facts(1, null));
    expect(run.propose(proposal("PENDING"), { client }).effects).toMatchObject([{ ttl_seconds: 300 }]);
  });

  it.each([
    ["limit is 0", facts(0), "The deployment concurrency limit is 0. The flow will deadlock if submitted again."],
    ["deployment is gone", { deployment: null }, "Deployment not found."],
  ])("makes the submission abort when the %s", (_, shared, reason) => {
    const [run] = pair(shared);
    expect(brief(run.propose(proposal("PENDING"), { client }))).toEqual(["ABORT", null, null, reason]);
  });

  it("is not to be had while the limit is switched off", () => {
    const [run] = pair(facts(5, options, false));
    expect(run.propose(proposal("PENDING"), { client }).written?.name).toBe("AwaitingConcurrencySlot");
  });

  it("is not taken by force, straight to RUNNING, nor for workers that count themselves", () => {
    const [run, other] = pair();
    expect(run.propose(proposal("PENDING"), { client, force: true }).effects).toEqual([]);
    expect(other.propose(proposal("RUNNING"), { client }).effects).toEqual([]);
    expect(other.propose(proposal("COMPLETED"), { client }).effects).toEqual([]);
    const [third] = pair();
    expect(third.propose(proposal("PENDING"), { client: "3.0.3" }).effects).toEqual([]);
  });

  it("is found with its lease through the steps of a submission", () => {
    const [run] = pair();
    run.propose(proposal("PENDING"), { client });
    const lease = leaseId(run);
    run.propose(proposal("PENDING", "Submitting"), { client });
    run.propose(proposal("PENDING", "InfrastructurePending"), { client });
    expect(leaseId(run)).toBe(lease);
    run.propose(proposal("RUNNING"), { client });
    run.propose(proposal("COMPLETED"), { client });
    expect(leaseId(run)).toBe(lease);
    expect(run.slots.leases.size).toBe(0);
  });

  it("is kept over a retry in the process, but not when the run is scheduled again", () => {
    const [run] = pair();
    run.context.run = { ...run.run, empirical_policy: { retries: 1 } };
    run.propose(proposal("PENDING"), { client });
    run.propose(proposal("RUNNING"), { client });
    expect(run.propose(proposal("FAILED"), { client })).toMatchObject({ written: { name: "AwaitingRetry" }, effects: [] });
    expect(run.occupied("limit")).toBe(1);
    run.propose(proposal("RUNNING"), { client });
    run.propose(proposal("FAILED"), { client });
    expect(run.occupied("limit")).toBe(0);
    const [other] = pair();
    other.propose(proposal("PENDING"), { client });
    other.propose(proposal("RUNNING"), { client });
    other.propose(proposal("SCHEDULED", "AwaitingRetry"), { client });
    expect(other.occupied("limit")).toBe(0);
  });

  it("that a retry kept is exchanged when the run is submitted anew", () => {
    const [run] = pair();
    run.context.run = { ...run.run, empirical_policy: { retries: 1 } };
    run.propose(proposal("PENDING"), { client });
    run.propose(proposal("RUNNING"), { client });
    run.propose(proposal("FAILED"), { client });
    expect(run.propose(proposal("PENDING"), { client }).status).toBe("ACCEPT");
    expect(run.occupied("limit")).toBe(1);
  });

  it("is neither taken nor renewed when a later rule changes the transition", () => {
    const [paused, waiting] = pair(facts(2));
    paused.propose(proposal("PAUSED"), { client, force: true });
    const refused = paused.propose(proposal("PENDING"), { client });
    expect(refused).toMatchObject({ status: "REJECT", written: null, effects: [] });
    waiting.propose(proposal("PENDING", null, { scheduled_time: start + 900 * second }), { client });
    expect(waiting.propose(proposal("RUNNING"), { client })).toMatchObject({ status: "WAIT", effects: [], run_changes: {} });
  });
});

describe("a lease that expired", () => {
  it("is taken anew when the run starts to work", () => {
    const [run] = pair();
    run.propose(proposal("PENDING"), { client });
    const lost = leaseId(run);
    const { effects, written } = run.propose(proposal("RUNNING"), { client, after: 121 * second });
    expect(effects).toMatchObject([
      { kind: "release_lease", lease_id: lost },
      { kind: "take_lease", holder_id: "run-0" },
    ]);
    expect(leaseId(run)).not.toBe(lost);
    expect(written?.type).toBe("RUNNING");
  });

  it("cancels the run when another has its slot", () => {
    const [run, other] = pair();
    run.propose(proposal("PENDING"), { client });
    other.propose(proposal("PENDING"), { client, after: 200 * second });
    const decision = run.propose(proposal("RUNNING"), { client, after: 200 * second });
    const reason = "Deployment concurrency limit reached after lease expiry.";
    expect(brief(decision)).toEqual(["REJECT", "CANCELLED", "Cancelled", reason]);
    expect(other.occupied("limit")).toBe(1);
  });
});

describe("clients that renew no leases", () => {
  it.each([oldClient, null])("%s: the run itself holds the slot from RUNNING on", (old) => {
    const [run, other] = pair();
    run.propose(proposal("PENDING"), { client: old });
    const { effects, run_changes } = run.propose(proposal("RUNNING"), { client: old });
    expect(effects).toEqual([{ kind: "release_lease", lease_id: leaseId(run) }]);
    expect(run_changes.concurrency_limit_id).toBe("limit");
    run.refresh();
    expect(run.occupied("limit")).toBe(1);
    expect(run.propose(proposal("COMPLETED"), { client: old }).run_changes.concurrency_limit_id).toBeNull();
    expect(run.occupied("limit")).toBe(0);
    expect(other.propose(proposal("PENDING"), { client: old }).status).toBe("ACCEPT");
  });

  it("hold it while they cancel, too", () => {
    const [run] = pair();
    run.propose(proposal("PENDING"), { client: oldClient });
    run.propose(proposal("CANCELLING"), { client: oldClient });
    expect(run.run.concurrency_limit_id).toBe("limit");
    run.propose(proposal("CANCELLED"), { client: oldClient });
    expect(run.run.concurrency_limit_id).toBeNull();
  });

  it("exchange the slot that a retry kept when they are submitted anew", () => {
    const [run] = pair();
    run.context.run = { ...run.run, empirical_policy: { retries: 1 } };
    run.propose(proposal("PENDING"), { client: oldClient });
    run.propose(proposal("RUNNING"), { client: oldClient });
    run.propose(proposal("FAILED"), { client: oldClient });
    expect(run.run.concurrency_limit_id).toBe("limit");
    expect(run.propose(proposal("PENDING"), { client: oldClient }).status).toBe("ACCEPT");
    expect(run.run.concurrency_limit_id).toBeNull();
    expect(run.occupied("limit")).toBe(1);
  });

  it("hold nothing when the lease had expired before", () => {
    const [run] = pair();
    run.propose(proposal("PENDING"), { client: oldClient });
    run.propose(proposal("RUNNING"), { client: oldClient, after: 200 * second });
    expect(run.run.concurrency_limit_id).toBeNull();
  });
});

describe("forced steps", () => {
  it("between states that hold a slot do not lose sight of the lease", () => {
    const [run] = pair();
    run.propose(proposal("PENDING"), { client });
    const lease = leaseId(run);
    run.propose(proposal("RUNNING"), { client, force: true });
    expect(leaseId(run)).toBe(lease);
    run.propose(proposal("CRASHED"), { client, force: true });
    expect(run.slots.leases.size).toBe(0);
  });
});

describe("being late", () => {
  it("cancels a run whose deployment is full and cancels new runs", () => {
    const [run, other] = pair(facts(1, { collision_strategy: "CANCEL_NEW" }));
    const late = proposal("SCHEDULED", "Late");
    run.propose(proposal("PENDING"), { client });
    const reason = "Deployment concurrency limit is full and uses the CANCEL_NEW strategy.";
    expect(brief(other.propose(late, { policy: "late" }))).toEqual(["REJECT", "CANCELLED", "Cancelled", reason]);
    const [enqueued, busy] = pair();
    busy.propose(proposal("PENDING"), { client });
    expect(brief(enqueued.propose(late, { policy: "late" }))).toEqual(["ACCEPT", "SCHEDULED", "Late", null]);
  });
});

/** Numbers from 0 to 1 that are the same in every run of the test (mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("whatever is proposed", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("slots never exceed the limit, and runs that ended hold none (%i)", (seed) => {
    const chance = chances(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] ?? expect.fail("an empty list");
    const limit = 2;
    const all = runs(5, facts(limit));
    let now = start;
    let fullest = 0;
    for (let step = 0; step < 600; step++) {
      const run = pick(all);
      now += Math.floor(chance() * 20 * second);
      for (const { context } of all) context.now = now;
      run.propose(proposal(pick(stateTypes)), { client: pick([newClient, oldClient]), force: chance() < 0.2, after: 1 });
      const inUse = run.occupied("limit");
      fullest = Math.max(fullest, inUse);
      expect(inUse).toBeLessThanOrEqual(limit);
      if (isFinalType(run.context.initial_state?.type ?? "PENDING")) {
        expect(run.run.concurrency_limit_id).toBeNull();
        expect(run.slots.leases.has(leaseId(run) ?? "")).toBe(false);
      }
    }
    expect(fullest).toBe(limit);
  });

  it("stays known to every forced state, so that what follows can give it back", () => {
    const run = createdFlowRun(proposal("RUNNING", null, { deployment_concurrency_lease_id: "lease" }));
    for (const type of ["PENDING", "PAUSED", "COMPLETED"] as const) {
      const { written } = run.propose(proposal(type), { force: true });
      expect(written?.state_details.deployment_concurrency_lease_id).toBe("lease");
    }
  });
});
