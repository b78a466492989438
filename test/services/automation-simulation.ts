import { expect } from "vitest";
import type { Deps } from "../../src/deps.ts";
import type { Firing } from "../../src/domain/automations/firing.ts";
import { memoryOf } from "../../src/domain/automations/memory.ts";
import type { StoredEvent } from "../../src/domain/automations/stored-event.ts";
import { evaluateNextEvents } from "../../src/services/evaluate-automations.ts";
import { evaluateDueTriggers } from "../../src/services/evaluate-proactive-triggers.ts";
import { evaluationState } from "../../src/store/automation-evaluation/state.ts";
import { type Database, DatabaseUnavailable } from "../../src/store/client.ts";
import { insertEvents } from "../../src/store/events/write.ts";
import { json, selection, text } from "../../src/store/sql/selection.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { shuffled } from "../domain/automations/simulation.ts";
import type { TestApp } from "../support/app.ts";
import {
  evaluateAll,
  evaluateAllDue,
  type History,
  historyOf,
  stampsFrom,
  storedAt,
  type Told,
  tell,
} from "../support/automation-histories.ts";
import { second, store } from "../support/evaluation.ts";
import { type Random, randomOf } from "../support/random.ts";

const later = storedAt + 3600 * second;

function inOneGo({ automations, events }: History): Told[] {
  const memory = memoryOf();
  const stamps = stampsFrom(storedAt);
  const told = events.flatMap((event) => evaluateAll(automations, event, memory, stamps));
  return [...told, ...evaluateAllDue(automations, later, memory, stamps)];
}

/** Returns a database some of whose answers get lost: what was asked for is done. */
const losing = (db: Database, random: Random): Database => {
  const lose = async <T>(answer: Promise<T>): Promise<T> => {
    const found = await answer;
    if (random.chance(0.15)) throw new DatabaseUnavailable("the answer was lost");
    return found;
  };
  return {
    ...db,
    read: (statements, answer) => lose(db.read(statements, answer)),
    write: (statements) => lose(db.write(statements)),
  };
};

/** Returns an evaluator of an isolate of its own. */
function evaluator(
  app: TestApp,
  random: Random,
  time: { now: number },
): Pick<Deps, "db" | "now" | "newId" | "log" | "evaluation"> {
  const { db, newId } = app.deps();
  return { db: losing(db, random), newId, now: () => ++time.now, log: () => undefined, evaluation: evaluationState() };
}

async function unlessLost<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: unknown) => {
    if (error instanceof DatabaseUnavailable) return null;
    throw error;
  });
}

const firingCells = selection({ automation_id: text("automation_id"), firing: json("firing") });
const asFiring = (value: unknown): Firing => value as Firing;

/** Evaluates a history in the database by three evaluators, while its events arrive in portions, some of them twice. */
async function byThree(app: TestApp, { automations }: History, arrived: readonly StoredEvent[], random: Random): Promise<Told[]> {
  const { db } = app.deps();
  await db.write([
    sql`delete from automation`,
    sql`delete from automation_firing`,
    sql`delete from event`,
    sql`delete from automation_waiting`,
  ]);
  await store(db, automations);
  const time = { now: storedAt };
  const evaluators = Array.from({ length: 3 }, () => evaluator(app, random, time));
  for (let position = 0; position < arrived.length; ) {
    const end = position + 1 + random.below(12);
    const again = arrived.slice(0, position).filter(() => random.chance(0.1));
    await db.write(insertEvents([...arrived.slice(position, end), ...again], storedAt));
    await Promise.all(
      evaluators.filter(() => random.chance(0.7)).map((one) => unlessLost(evaluateNextEvents(one, 1 + random.below(9)))),
    );
    position = end;
  }
  const untilDone = async (one: (typeof evaluators)[number]) => {
    for (let step: string | null = null; step !== "caught_up" && step !== "due" && step !== "unwatched"; )
      step = await unlessLost(evaluateNextEvents(one));
  };
  await Promise.all(evaluators.map(untilDone));
  time.now = later;
  const isDueFor = async (one: (typeof evaluators)[number]) => {
    while ((await unlessLost(evaluateDueTriggers(one, later))) !== false);
  };
  await Promise.all(evaluators.map(isDueFor));
  const stored = await db.execute(sql`select ${firingCells.columns} from automation_firing order by rowid`);
  return firingCells.rows(stored).map(({ automation_id, firing }) => tell(automation_id, asFiring(firing)));
}

const sorted = (told: readonly Told[]): string[] => told.map((one) => JSON.stringify(one)).sort();

/** Holds what a seed's history fires in the database to what it fires at once. */
export async function simulate(app: TestApp, seed: number): Promise<number> {
  const random = randomOf(seed);
  const isLinked = random.chance(0.5);
  const history = historyOf(random, { events: 24, isLinked });
  const expected = inOneGo(history);
  const told = await byThree(app, history, isLinked ? shuffled(history.events, random) : history.events, random);
  // Proactive triggers are evaluated in no order.
  expect(sorted(told), `seed ${seed}`).toEqual(sorted(expected));
  return expected.length;
}
