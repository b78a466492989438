import {
  dueAfter,
  runsOf,
  type ScheduledRun,
  templateOf,
  type Window,
  windowFrom,
} from "../domain/deployments/scheduled-runs.ts";
import { Effort, effortOf } from "../domain/schedules/index.ts";
import type { Sources } from "../domain/surroundings.ts";
import type { Micros } from "../lib/time.ts";
import type { Database } from "../store/client.ts";
import {
  type LoadedSchedule,
  loadSchedules,
  type ScheduleChoice,
  type ScheduleMaking,
  storeScheduledRuns,
} from "../store/deployments/scheduled-runs.ts";

interface Deps extends Sources {
  readonly db: Database;
  readonly log: (level: "warn", fields: Record<string, unknown>) => void;
}

/** The most runs that one write stores, so that other writers do not wait long. */
const runsAtOnce = 2000;
/** The schedules of one batch. */
const schedulesAtOnce = 200;
const hour: Micros = 3_600_000_000;
const day: Micros = 24 * hour;

/**
 * Creates the runs of a deployment's active schedules in a window; schedules that are reached after the steps of one request are
 * spent create none. Two round trips.
 */
export const makeRunsInWindow = async (deps: Deps, deployment_id: string, window: Window): Promise<void> => {
  const together = new Effort(effortOf.together);
  for await (const sources of loadSchedules(deps.db, { deployment_id, due: false }))
    await store(
      deps,
      sources.map((source) => {
        const effort = new Effort(effortOf.search, together);
        return { source, template: templateOf(source), ...runsOrNone(deps, source, { window, effort }), due: undefined };
      }),
    );
};

/** Creates the runs that a deployment's schedules need from now on. Two round trips, one where they need none. */
export const makeDueRunsOf = async (deps: Deps, deployment_id: string): Promise<void> => {
  await makeDueRuns(deps, { deployment_id, due: true }, deps.now());
};

/**
 * Creates the runs that schedules need at a time, the longest due first, until none is due or the time limit is reached. Idempotent:
 * a date has one run, so that two isolates may do this at once.
 */
export async function makeAllDueRuns(deps: Deps, at: Micros, until: Micros): Promise<void> {
  for (;;) {
    const isLast = await makeDueRuns(deps, { due_by: at, limit: schedulesAtOnce }, at);
    if (isLast || deps.now() >= until) return;
  }
}

/** Creates the runs of one batch and returns whether it was the last. Schedules reached after the steps of a batch are spent stay due. */
async function makeDueRuns(deps: Deps, choice: ScheduleChoice, at: Micros): Promise<boolean> {
  const together = new Effort(effortOf.together);
  let found = 0;
  let isWhole = true;
  for await (const sources of loadSchedules(deps.db, choice)) {
    const makings = makingsOf(deps, sources, { at, together });
    await store(deps, makings);
    found += sources.length;
    isWhole &&= makings.length === sources.length;
  }
  return isWhole && !("limit" in choice && found >= choice.limit);
}

function makingsOf(
  deps: Deps,
  sources: readonly LoadedSchedule[],
  { at, together }: { at: Micros; together: Effort },
): ScheduleMaking[] {
  const window = windowFrom(at);
  const makings: ScheduleMaking[] = [];
  for (const source of sources) {
    if (together.isSpent) break;
    const effort = new Effort(effortOf.search, together);
    const { runs, failed } = runsOrNone(deps, source, { window, effort });
    // A schedule whose dates cannot be computed, or whose search spends all steps, is tried again a day later, not at every tick.
    const due = failed ? at + hour : dueAfter(source.schedule, runs, at, effort);
    const later = effort.isSpent ? at + day : null;
    makings.push({ source, template: templateOf(source), runs, due: due ?? later });
  }
  return makings;
}

type Search = { window: Window; effort: Effort };

function runsOrNone(deps: Deps, source: LoadedSchedule, { window, effort }: Search): { runs: ScheduledRun[]; failed: boolean } {
  const warn = (error: string) => deps.log("warn", { schedule: source.id, deployment: source.deployment.id, error });
  try {
    const runs = runsOf(source, window, { ...deps, effort });
    if (effort.isSpent) warn(`found ${runs.length} dates within ${effortOf.search} steps`);
    return { runs, failed: false };
  } catch (error) {
    warn(String(error));
    return { runs: [], failed: true };
  }
}

async function store(deps: Deps, makings: readonly ScheduleMaking[]): Promise<void> {
  let batch: ScheduleMaking[] = [];
  let size = 0;
  for (const making of makings) {
    if (batch.length > 0 && size + making.runs.length > runsAtOnce) {
      await storeScheduledRuns(deps.db, batch, deps.now());
      batch = [];
      size = 0;
    }
    batch.push(making);
    size += making.runs.length;
  }
  await storeScheduledRuns(deps.db, batch, deps.now());
}
