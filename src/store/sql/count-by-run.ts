import type { Predicate } from "../../filters/predicate.ts";
import type { Sql } from "../client.ts";
import { linkIndexes, type Use } from "./emit.ts";
import { all, conjuncts, emitParts } from "./leading.ts";
import { joined, raw, sql } from "./tag.ts";

type Some = Extract<Predicate, { kind: "some" }>;
type AnyTag = Extract<Predicate, { kind: "any_tag" }>;

/** Task runs that are counted by conditions on their flow run, and by conditions of their own. */
export interface OfRuns {
  readonly ofRun: Some;
  readonly own: readonly Predicate[];
  /** Returns the statement that counts task runs by conditions of their own alone. */
  readonly countOwn: (own: readonly Predicate[]) => Sql;
  /** Returns the statement that asks each task run for its flow run. */
  readonly countAsked: () => Sql;
}

const difference = (whole: Sql, ...parts: readonly Sql[]): Sql => sql`SELECT (${joined([whole, ...parts], ") - (")}) AS count`;

const byRun = raw(`task_run AS r INDEXED BY ${linkIndexes["flow_run.task_runs"]}`);

/**
 * Returns the statement that counts task runs by conditions that many flow runs meet. All flow runs are read as they lie, and the task runs of
 * each are counted in the index that links them: those of the runs that match, or, where most match, those of the others, to be subtracted.
 */
export function countByRun({ ofRun, own, countOwn, countAsked }: OfRuns): Sql {
  const { tag, rest } = partsOf(ofRun);
  const whole = tag === undefined ? countOfAnyRun(own, countOwn) : countOfTagged(tag, own);
  if (rest.length === 0) return whole;
  const tags = tag === undefined ? [] : [emitParts([tag], "run", "ask")];
  const matches = emitRest(rest);
  const direct = countFromRuns([matches, ...tags], own);
  const others = countFromRuns([sql`${matches} IS NOT TRUE`, ...tags], own);
  return sql`SELECT CASE WHEN ${fewTaskRuns} THEN (${countAsked()}) WHEN ${mostRuns(matches)} THEN (${difference(whole, others)})
      ELSE (${direct}) END AS count`;
}

/** Returns the condition that more than half of the flow runs match, leaving out tags: those of a sample do. */
export const mostRunsMatch = (ofRun: Some): Sql => mostRuns(emitRest(partsOf(ofRun).rest));

function partsOf(ofRun: Some) {
  const parts = conjuncts(ofRun.where);
  const tag = parts.find((part) => part.kind === "any_tag");
  return { tag, rest: parts.filter((part) => part !== tag) };
}

const emitRest = (rest: readonly Predicate[]): Sql => sql`(${emitParts(rest, "run", "ask_by_index")})`;

const useOf = (part: Predicate): Use => (isOfState(part) ? "ask_by_index" : "ask");

const isOfState = (part: Predicate) => part.kind === "in" && part.column === "state_type";

const emitOwn = (own: readonly Predicate[]): Sql[] => own.map((part) => emitParts([part], "r", useOf(part)));

// No index on a column of the flow run: SQLite would go through the runs in its order, which lies across that of the rows.
const countFromRuns = (ofRun: readonly Sql[], own: readonly Predicate[]): Sql =>
  sql`SELECT count(*) AS count FROM flow_run AS run NOT INDEXED CROSS JOIN ${byRun} ON r.flow_run_id = run.id
      WHERE ${all([...ofRun, ...emitOwn(own)])}`;

// The task runs that have a flow run: a foreign key keeps it in being.
function countOfAnyRun(own: readonly Predicate[], countOwn: OfRuns["countOwn"]): Sql {
  if (own.length > 0 && own.every(isOfState))
    return sql`SELECT count(*) AS count FROM ${byRun} WHERE ${all([raw("r.flow_run_id IS NOT NULL"), ...emitOwn(own)])}`;
  const ofNone = all([raw("r.flow_run_id IS NULL"), ...own.map((part) => emitParts([part], "r", "ask"))]);
  return difference(
    countOwn(own),
    sql`SELECT count(*) FROM task_run AS r INDEXED BY ix_task_run__task_key_dynamic_key WHERE ${ofNone}`,
  );
}

// The runs with a tag lie in the order of the index; with one of several, each run that has task runs is asked once for its tags.
function countOfTagged(tag: AnyTag, own: readonly Predicate[]): Sql {
  const [first, second] = tag.tags;
  if (first !== undefined && second === undefined)
    return sql`SELECT count(*) AS count FROM flow_run_tag AS run_tag CROSS JOIN ${byRun} ON r.flow_run_id = run_tag.flow_run_id
      WHERE ${all([sql`run_tag.tag = ${first}`, ...emitOwn(own)])}`;
  const counted = all([raw("r.flow_run_id IS NOT NULL"), ...emitOwn(own)]);
  return sql`SELECT coalesce(sum(run.task_runs), 0) AS count FROM (SELECT r.flow_run_id AS id, count(*) AS task_runs FROM ${byRun}
      WHERE ${counted} GROUP BY r.flow_run_id) AS run WHERE ${emitParts([tag], "run", "ask")}`;
}

// A task run that asks for its flow run costs as much as four flow runs that are read as they lie.
const fewTaskRuns = raw("(SELECT count(*) FROM task_run) * 4 < (SELECT count(*) FROM flow_run)");

const sampled = 200;

// Of runs that are spread evenly over the table more than half match.
const mostRuns = (matches: Sql): Sql => matchesAmong({ table: "flow_run", alias: "run", matches, share: 2 });

/** Returns the condition that of rows that are spread evenly over a table more than one in `share` match. */
export function matchesAmong({
  table,
  alias,
  matches,
  share,
}: {
  table: string;
  alias: string;
  matches: Sql;
  share: number;
}): Sql {
  const spread =
    raw(`WITH RECURSIVE span (least, most) AS MATERIALIZED (SELECT (SELECT min(rowid) FROM ${table}), (SELECT max(rowid) FROM ${table})),
      step (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM step WHERE i < ${sampled - 1})`);
  const row = raw(`${table} AS ${alias} ON ${alias}.rowid = least + (most - least) * i / ${sampled - 1}`);
  return sql`(${spread} SELECT ${raw(share)} * sum(${matches} IS TRUE) > count(*) FROM span CROSS JOIN step CROSS JOIN ${row})`;
}
