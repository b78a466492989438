import { clampedInterval } from "../clamped-interval.ts";
import { tagLimitNames } from "../tag-slots.ts";
import type { Effect, TagLimitFacts, TaskRunRule } from "../types.ts";
import { abort, accept, wait } from "../verdicts.ts";

const longestWaitSeconds = 10;
const hundredYears = 100 * 365 * 86_400;
const tagOf = (limit: TagLimitFacts): string => limit.name.slice("tag:".length);
const fullness = (limit: TagLimitFacts): number => limit.occupied / limit.limit;

/** Takes one slot of every active limit on the task run's tags, or none and delays the run. */
export const secureTaskConcurrencySlots: TaskRunRule = {
  name: "SecureTaskConcurrencySlots",
  from: "any",
  to: ["RUNNING"],
  apply({ context, run }) {
    const limits = context.tag_limits.filter((limit) => limit.active);
    const [first] = limits;
    if (first === undefined) return null;
    const blocked = limits.find((limit) => limit.limit === 0);
    if (blocked !== undefined)
      return abort(`The concurrency limit on tag "${tagOf(blocked)}" is 0 and will deadlock if the task tries to run again.`);
    // Slots that the task run already holds are exchanged: it never holds two of one limit.
    if (limits.every((limit) => limit.occupied - limit.held + 1 <= limit.limit)) {
      const held: readonly Effect[] = limits.some((limit) => limit.held > 0)
        ? [{ kind: "release_task_leases", task_run_id: run.id, limit_names: tagLimitNames(run.tags) }]
        : [];
      return accept({
        effects: [
          ...held,
          {
            kind: "take_lease",
            lease_id: context.newId(),
            limit_ids: limits.map((limit) => limit.id),
            slots: 1,
            ttl_seconds: hundredYears,
            holder_type: "task_run",
            holder_id: run.id,
          },
        ],
      });
    }
    const fullest = limits.reduce((a, b) => (fullness(b) > fullness(a) ? b : a), first);
    const average = Math.min(fullest.avg_slot_occupancy_seconds || longestWaitSeconds, longestWaitSeconds);
    const reason = `Concurrency limit reached for tags: ${limits.map(tagOf).join(", ")}`;
    return wait(Math.round(clampedInterval(average, context.random())), reason);
  },
};
