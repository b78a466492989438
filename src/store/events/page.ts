import type { ResolvedEventFilter } from "../../domain/events/filter.ts";
import type { Sql } from "../client.ts";
import { joined, nothing, raw, sql } from "../sql/tag.ts";
import { leadingEventPositions, storedEventCondition, walkedEventCondition } from "./filter.ts";

interface Page {
  /** Further conditions on an event's position, each with a leading AND. */
  readonly behind: Sql;
  /** The ORDER BY terms. */
  readonly order: string;
  readonly limit: number;
}

/** The bounds of the probes: how many events count as few, how many as fewer than all, and how far the walk is probed. */
const few = 2000;
const fewerThanAll = 50_000;
const maximumWalk = 2000;

/**
 * Returns the statement for the `position` of each event of a page. As for runs (sql/page.ts) there are two plans: find
 * candidates by the indexes on resources or names and sort them, or walk the index on times until enough match. The statement has
 * an arm for each and probes them first, within bounds.
 */
export function eventPositionsQuery(filter: ResolvedEventFilter, page: Page): Sql {
  if (filter.resource?.distinct === true) return distinctQuery(filter, page);
  const leaders = leadingEventPositions(filter);
  const walked = walkedEventCondition(filter);
  const order = raw(page.order);
  const froms = [
    ...leaders.map(
      (positions) => sql`(select distinct position from (${positions})) l cross join event e on e.position = l.position`,
    ),
    sql`event e`,
  ];
  const arms = froms.map((from, arm) => {
    const limit = leaders.length === 0 ? sql`${page.limit}` : sql`(select iif(arm = ${raw(arm)}, ${page.limit}, 0) from pick)`;
    const found = sql`${from} where ${walked}${page.behind}`;
    return sql`select position from (select e.position from ${found} order by ${order} limit ${limit})`;
  });
  const pick = leaders.length === 0 ? nothing : pickArm(leaders, filter, { walked, page });
  return sql`${pick}${joined(arms, " union all ")}`;
}

function pickArm(leaders: readonly Sql[], { occurred }: ResolvedEventFilter, { walked, page }: { walked: Sql; page: Page }): Sql {
  const tryLeaders = (most: number) =>
    leaders.map(
      (positions, arm) =>
        sql`when (select count(*) from (select 1 from (${positions}) limit ${raw(most + 1)})) <= ${raw(most)} then ${raw(arm)}`,
    );
  const { since, until } = occurred;
  const first = sql`select e.position from event e where e.occurred >= ${since} and e.occurred <= ${until}${page.behind} order by ${raw(page.order)} limit ${raw(maximumWalk)}`;
  const found = sql`select 1 from (${first}) l cross join event e on e.position = l.position where ${walked} limit ${page.limit}`;
  const tryWalk = sql`when (select count(*) from (${found})) >= ${page.limit} then ${raw(leaders.length)}`;
  const trials = joined([...tryLeaders(few), tryWalk, ...tryLeaders(fewerThanAll)], " ");
  return sql`with pick (arm) as materialized (select case ${trials} else ${raw(leaders.length)} end) `;
}

// The first event of each resource: all matching events have to be found.
function distinctQuery(filter: ResolvedEventFilter, { behind, order, limit }: Page): Sql {
  const where = storedEventCondition(filter);
  return sql`select e.position from (select e.occurred, e.position, row_number() over (partition by e.resource_id order by ${raw(order)}) as nth
    from event e where ${where}) e where e.nth = 1${behind} order by ${raw(order)} limit ${limit}`;
}
