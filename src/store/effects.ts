import type { Effect, TakeLease } from "../domain/orchestration/types.ts";
import { stringifyJson } from "../lib/json.ts";
import type { Micros } from "../lib/time.ts";
import { takeLatest } from "./artifacts/latest.ts";
import { enqueueTeardown } from "./cleanup-messages/write.ts";
import type { Sql } from "./client.ts";
import { releaseLeases, renewLease, takeLease } from "./concurrency-limits/leases.ts";
import { hasFreeSlots, type ReleasedHolders } from "./concurrency-limits/occupancy.ts";
import { rowMapper } from "./sql/rows.ts";
import { type Guard, sql } from "./sql/tag.ts";
import { artifact } from "./tables/artifacts.ts";
import { flowRunInput } from "./tables/flow-runs.ts";
import { taskRunStateCache } from "./tables/task-runs.ts";
import { enqueueDelivery } from "./task-run-deliveries/write.ts";

const artifacts = rowMapper(artifact);
const inputs = rowMapper(flowRunInput);
const cache = rowMapper(taskRunStateCache);

/** Returns the statements of a decision's effects; each is conditional on the guard. */
export function effectStatements(effects: readonly Effect[], guard: Guard, now: Micros): Sql[] {
  // Releases come first: they may free the slots that are taken.
  const order = (effect: Effect) => (effect.kind === "release_lease" || effect.kind === "release_task_leases" ? 0 : 1);
  return [...effects].sort((a, b) => order(a) - order(b)).flatMap((effect) => effectStatement(effect, guard, now));
}

function effectStatement(effect: Effect, guard: Guard, now: Micros): Sql[] {
  switch (effect.kind) {
    case "take_lease": {
      const { lease_id, slots, ttl_seconds, holder_type, holder_id, limit_ids } = effect;
      const holder = { type: holder_type, id: holder_id };
      return takeLease({ lease_id, limits: { ids: limit_ids }, slots, ttl_seconds, holder, now, guard });
    }
    case "release_lease":
      return releaseLeases({ leases: { lease_id: effect.lease_id }, now, guard });
    case "release_task_leases": {
      const leases = { holder_id: effect.task_run_id, limits: { names: effect.limit_names } };
      return releaseLeases({ leases, now, guard });
    }
    case "renew_lease":
      return [renewLease({ lease_id: effect.lease_id, ttl_seconds: effect.ttl_seconds, now, guard })];
    case "store_cache": {
      const { kind: _, ...entry } = effect;
      return [cache.insertWhere({ ...entry, created: now }, guard)];
    }
    case "store_result":
      return [
        artifacts.insertWhere({ ...effect.artifact, created: now, updated: now, metadata_: null }, guard),
        ...(effect.latest === null ? [] : takeLatest(effect.artifact.id, "result", { ...effect.latest, now }, guard)),
      ];
    case "store_run_input": {
      const { kind: _, ...input } = effect;
      return [inputs.insertWhere({ ...input, created: now, updated: now, sender: null }, guard)];
    }
    case "delete_run_inputs": {
      const isOne = sql`flow_run_id = ${effect.flow_run_id} and key in (select value from json_each(${stringifyJson(effect.keys)}))`;
      return [sql`delete from flow_run_input where ${isOne} and ${guard}`];
    }
    case "force_parent_task_run":
      // The parent's state is decided and committed with the flow run's state: see services/set-flow-run-state.ts.
      return [];
    case "enqueue_task_run":
      return [enqueueDelivery(effect, guard)];
    case "enqueue_teardown":
      return [enqueueTeardown({ ...effect, now }, guard)];
    default:
      return assertNever(effect);
  }
}

/** The condition that the slots taken by the effects are free, evaluated before the batch releases any. */
export function roomForEffects(effects: readonly Effect[], now: Micros): Guard | null {
  const takes = effects.filter((effect): effect is TakeLease => effect.kind === "take_lease");
  const [take] = takes;
  if (take === undefined) return null;
  const released = effects.find((effect) => effect.kind === "release_lease");
  const leaving: ReleasedHolders = {
    ...(released?.kind === "release_lease" && { lease_id: released.lease_id }),
    ...(take.holder_type === "flow_run" ? { flow_run_id: take.holder_id } : { holder_id: take.holder_id }),
  };
  return hasFreeSlots({ ids: takes.flatMap((each) => each.limit_ids) }, take.slots, now, leaving);
}

function assertNever(value: never): never {
  throw new Error(`no statement for ${JSON.stringify(value)}`);
}
