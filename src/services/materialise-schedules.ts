import {
  dueAfter,
  runsOf,
  type ScheduledRun,
  templateOf,
  type Window,
  windowFrom,
} from "../domain/deployments/scheduled-runs.ts";
import type { Micros } from "../schemas/time.ts";
import type { Database } from "../store/client.ts";
import {
  type LoadedSchedule,
  loadSchedules,
  type ScheduleChoice,
  type ScheduleMaking,
  storeScheduledRuns,
} from "../store/deployments/scheduled-runs.ts";

interface Deps {
  readonly db: Database;
  readonly now: () => Micros;
  readonly newId: () => string;
  readonly random: () => number;
  readonly log: (level: "warn", fields: Record<string, unknown>) => void;
}

/** How many runs are stored by one write at most, so that it does not keep other writers waiting. */
const runsAtOnce = 2000;
/** How many schedules are looked at together. */
const schedulesAtOnce = 200;
const hour: Micros = 3_600_000_000;

/** Makes the runs of a deployment's active schedules in a window, as they are asked for. Two round trips. */
export const makeRunsInWindow = async (deps: Deps, deployment_id: string, window: Window): Promise<void> => {
  for await (const sources of loadSchedules(deps.db, { deployment_id, due: false }))
    await store(
      deps,
      sources.map((source) => ({ source, template: templateOf(source), ...runsOrNone(deps, source, window), due: undefined })),
    );
};

/** Makes the runs that a deployment's schedules need from now on. Two round trips, one where they need none. */
export const makeDueRunsOf = async (deps: Deps, deployment_id: string): Promise<void> => {
  await makeDueRuns(deps, { deployment_id, due: true }, deps.now());
};

/**
 * Makes the runs that schedules need at a time, the longest due first; goes on until none is due or the time of the clock is up.
 * Safe to run in two places at once: a date has one run.
 */
export async function makeAllDueRuns(deps: Deps, at: Micros, until: Micros): Promise<void> {
  for (;;) {
    const count = await makeDueRuns(deps, { due_by: at, limit: schedulesAtOnce }, at);
    if (count < schedulesAtOnce || deps.now() >= until) return;
  }
}

async function makeDueRuns(deps: Deps, choice: ScheduleChoice, at: Micros): Promise<number> {
  const window = windowFrom(at);
  let count = 0;
  for await (const sources of loadSchedules(deps.db, choice)) {
    const makings = sources.map((source): ScheduleMaking => {
      const { runs, failed } = runsOrNone(deps, source, window);
      // A schedule without sense is not tried at every tick.
      const due = failed ? at + hour : dueAfter(source.schedule, runs, at);
      return { source, template: templateOf(source), runs, due };
    });
    await store(deps, makings);
    count += sources.length;
  }
  return count;
}

function runsOrNone(deps: Deps, source: LoadedSchedule, window: Window): { runs: ScheduledRun[]; failed: boolean } {
  try {
    return { runs: runsOf(source, window, deps), failed: false };
  } catch (error) {
    deps.log("warn", { schedule: source.id, deployment: source.deployment.id, error: String(error) });
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
