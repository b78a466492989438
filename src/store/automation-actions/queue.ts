import type { Event } from "../../domain/events/event.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { insertEvents } from "../events/write.ts";
import { rowMapper, touched } from "../sql/rows.ts";
import { selection } from "../sql/selection.ts";
import { type Guard, sql } from "../sql/tag.ts";
import { automationAction, automationFiring } from "../tables/automations.ts";

const actions = rowMapper(automationAction);
const firings = rowMapper(automationFiring);
const taken = selection({ row: actions.cells("a"), firing: firings.cells("f") });

type ActionRow = typeof automationAction.$inferSelect;

/** A queued action that was taken to be done, with its firing. `attempts` is how often it was taken, this time included. */
export interface TakenAction {
  readonly row: Omit<ActionRow, "due" | "reason">;
  readonly firing: typeof automationFiring.$inferSelect;
}

/** In bytes: a result has at most 10 MB, and a firing may have three. */
const mostTogether = 4_000_000;
/** How many automations one look passes, each at the price of one step in the index. */
const mostAutomations = 24;

export interface Taking {
  readonly now: Micros;
  /** Nobody else gets them before, when they are done again if they are still there. */
  readonly until: Micros;
  readonly limit: number;
  /** The most actions of one automation. */
  readonly each: number;
  /** Automations of which none is taken, because enough of theirs are being done. */
  readonly except: readonly string[];
  /** Where among the ids of automations to begin, for turns between more automations than one look passes. */
  readonly from: string;
}

// A loose index scan: one step in the index for each automation.
const next = (bound: Sql): Sql =>
  sql`select min(x.automation_id) from automation_action x where x.due is not null and x.automation_id ${bound}`;

/**
 * Takes actions that are due, in turns between automations: a flood of one keeps no other waiting. Of one automation the oldest go first.
 * One round trip.
 */
export async function takeActions(db: Database, taking: Taking): Promise<TakenAction[]> {
  const { now, until, limit, each, except, from } = taking;
  const picked = sql`with recursive
    behind (id, n) as (select (${next(sql`>= ${from}`)}), 1 union all
      select (${next(sql`> b.id`)}), n + 1 from behind b where b.id is not null and n < ${mostAutomations}),
    before (id, n) as (select (${next(sql`< ${from}`)}), ${mostAutomations} union all
      select (${next(sql`> b.id and x.automation_id < ${from}`)}), n + 1 from before b where b.id is not null and n < ${2 * mostAutomations}),
    waiting (id, n) as (select id, n from behind union all select id, n from before),
    turns (invocation, firing_id, turn, n) as (
      select a.invocation, a.firing_id, row_number() over (partition by w.id order by a.due, a.invocation), w.n
      from waiting w join automation_action a on a.invocation in (select x.invocation from automation_action x
        where x.automation_id = w.id and x.due <= ${now} order by x.due, x.invocation limit ${each})
      where w.id not in (select value from json_each(${stringifyJson(except)}))),
    chosen (invocation, firing_id, turn, n) as (select invocation, firing_id, turn, n from turns order by turn, n, invocation limit ${limit}),
    sized (invocation, size, place) as (select c.invocation,
        sum(octet_length(f.firing) + octet_length(f.automation)) over (order by c.turn, c.n, c.invocation),
        row_number() over (order by c.turn, c.n, c.invocation)
      from chosen c cross join automation_firing f on f.id = c.firing_id)
    select invocation from sized where place = 1 or size <= ${mostTogether}`;
  const [found] = await db.write([
    sql`select ${taken.columns} from automation_action a join automation_firing f on f.id = a.firing_id
      where a.invocation in (${picked}) order by a.invocation`,
    sql`update automation_action set due = ${until}, attempts = attempts + 1 where invocation in (${picked})`,
  ]);
  return taken.rows(found).map(({ row, firing }) => ({ row: { ...row, attempts: row.attempts + 1 }, firing }));
}

/** What became of an action: done with, to be done again, or given up (a dead letter). `events` tell the end, once. */
export type ActionSettled = Pick<ActionRow, "invocation" | "firing_id" | "attempts"> &
  (
    | { readonly kind: "done" | "dead"; readonly reason: string | null; readonly events: readonly Event[]; readonly now: Micros }
    | { readonly kind: "again"; readonly due: Micros; readonly sent: number }
  );

const isThis = ({ invocation, attempts }: ActionSettled): Guard =>
  sql`invocation = ${invocation} and due is not null and attempts = ${attempts}`;

/**
 * Writes what became of a taken action, with its events in the same batch, unless somebody else has taken it since: then it is theirs to
 * settle. Returns whether it was written. One round trip.
 */
export async function settleAction(db: Database, settled: ActionSettled): Promise<boolean> {
  const mine = isThis(settled);
  if (settled.kind === "again") {
    const [result] = await db.write([
      sql`update automation_action set due = ${settled.due}, sent = ${settled.sent} where ${mine}`,
    ]);
    return (result?.rowsAffected ?? 0) > 0;
  }
  const { kind, reason, events, now, firing_id } = settled;
  const end =
    kind === "dead"
      ? [sql`update automation_action set due = null, reason = ${reason} where ${mine} returning invocation`]
      : [
          sql`delete from automation_action where ${mine} returning invocation`,
          sql`delete from automation_firing where id = ${firing_id}
            and not exists (select 1 from automation_action a where a.firing_id = automation_firing.id)`,
        ];
  const told = insertEvents(events, now, sql`exists (select 1 from automation_action where ${mine})`);
  const results = await db.write([...told, ...end]);
  return touched(results[told.length]);
}

/** Deletes the oldest dead letters that fired before a time, with their firings where no action of theirs waits. One round trip. */
export async function deleteDeadLetters(db: Database, before: Micros, limit: number): Promise<void> {
  await db.write([
    sql`delete from automation_firing where id in (select a.firing_id from automation_action a join automation_firing f on f.id = a.firing_id
      where a.due is null and f.triggered < ${before} order by a.invocation limit ${limit})
      and not exists (select 1 from automation_action x where x.firing_id = automation_firing.id and x.due is not null)`,
  ]);
}
