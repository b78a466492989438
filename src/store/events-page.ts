import type { ResolvedEventFilter } from "../domain/events/filter.ts";
import type { Sql } from "./client.ts";
import { leadingEventPositions, storedEventCondition, walkedEventCondition } from "./events-filter.ts";

interface Page {
  /** What else holds of an event's place: conditions with an AND before each. */
  readonly behind: Sql;
  /** What stands after ORDER BY. */
  readonly order: string;
  readonly limit: number;
}

/** How many events count as few, and how many are still fewer than all; how far the walk is tried out between. */
const few = 2000;
const fewer = 50_000;
const steps = 2000;

/**
 * Returns the statement that gives the `position` of each event of a page. As for runs (sql/page.ts) two ways lead to the first events: find those that a condition on their resources or names leads to and sort
 * them, or walk along their times until enough match. The statement has an arm for each and tries them out first, within bounds.
 */
export function eventPositionsQuery(filter: ResolvedEventFilter, page: Page): Sql {
  if (filter.resource?.distinct === true) return distinctQuery(filter, page);
  const leaders = leadingEventPositions(filter);
  const walked = walkedEventCondition(filter);
  const arms = [
    ...leaders.map(({ sql, args }) => ({
      sql: `(select distinct position from (${sql})) l cross join event e on e.position = l.position`,
      args,
    })),
    { sql: "event e", args: [] },
  ].map((from) => ({
    sql: `${from.sql} where ${walked.sql}${page.behind.sql}`,
    args: [...from.args, ...walked.args, ...page.behind.args],
  }));
  const limited = arms.map(({ sql, args }, arm) => ({
    sql: `select position from (select e.position from ${sql} order by ${page.order} limit ${leaders.length === 0 ? "?" : `(select iif(arm = ${arm}, ?, 0) from pick)`})`,
    args: [...args, page.limit],
  }));
  const pick = pickArm(leaders, filter, { walked, page });
  return {
    sql: `${pick.sql}${limited.map(({ sql }) => sql).join(" union all ")}`,
    args: [...pick.args, ...limited.flatMap(({ args }) => args)],
  };
}

function pickArm(leaders: readonly Sql[], { occurred }: ResolvedEventFilter, { walked, page }: { walked: Sql; page: Page }): Sql {
  if (leaders.length === 0) return { sql: "", args: [] };
  const tryLeaders = (most: number) =>
    leaders.map(({ sql, args }, arm) => ({
      sql: `when (select count(*) from (select 1 from (${sql}) limit ${most + 1})) <= ${most} then ${arm}`,
      args,
    }));
  const first = `select e.position from event e where e.occurred >= ? and e.occurred <= ?${page.behind.sql} order by ${page.order} limit ${steps}`;
  const tryWalk = {
    sql: `when (select count(*) from (select 1 from (${first}) l cross join event e on e.position = l.position where ${walked.sql} limit ?)) >= ? then ${leaders.length}`,
    args: [occurred.since, occurred.until, ...page.behind.args, ...walked.args, page.limit, page.limit],
  };
  const trials = [...tryLeaders(few), tryWalk, ...tryLeaders(fewer)];
  return {
    sql: `with pick (arm) as materialized (select case ${trials.map(({ sql }) => sql).join(" ")} else ${leaders.length} end) `,
    args: trials.flatMap(({ args }) => args),
  };
}

// The first event of each resource: all that match have to be found.
function distinctQuery(filter: ResolvedEventFilter, { behind, order, limit }: Page): Sql {
  const where = storedEventCondition(filter);
  const sql = `select e.position from (select e.occurred, e.position, row_number() over (partition by e.resource_id order by ${order}) as nth
    from event e where ${where.sql}) e where e.nth = 1${behind.sql} order by ${order} limit ?`;
  return { sql, args: [...where.args, ...behind.args, limit] };
}
