import type { Micros } from "../../lib/time.ts";
import type { ObservedStateSort } from "../../schemas/observed-states.ts";
import type { Database, Sql } from "../client.ts";
import { number, selection, text } from "../sql/selection.ts";
import { always, raw, sql } from "../sql/tag.ts";

/** A type and name of states, and when the first and the last kept state that has both happened. */
export interface ObservedStateRow {
  readonly state_type: string;
  readonly state_name: string;
  readonly first_seen: Micros;
  readonly last_seen: Micros;
}

const observed = selection({
  state_type: text("state_type"),
  state_name: text("state_name"),
  first_seen: number("min(first_seen)"),
  last_seen: number("max(last_seen)"),
});

const orders: Record<ObservedStateSort, string> = {
  LAST_SEEN_DESC: "max(last_seen) desc, state_type, state_name",
  NAME_ASC: "state_type, state_name",
};

/** Names of states come from users' code: a walk ends after as many pairs, the first by type and name. */
const mostPairs = 10_000;

export interface ObservedStatesQuery {
  /** How the type or the name begins, without regard to the case of ASCII letters; empty: any. */
  readonly prefix: string;
  readonly sort: ObservedStateSort;
  readonly limit: number;
}

/** Returns the pairs of type and name that states of flow runs and task runs have; one round trip. */
export async function listObservedStates(db: Database, query: ObservedStatesQuery): Promise<ObservedStateRow[]> {
  return observed.rows(await db.execute(observedStatesQuery(query)));
}

/** The statement of `listObservedStates`: the index is entered twice for each pair and twice for its times. */
export function observedStatesQuery({ prefix, sort, limit }: ObservedStatesQuery): Sql {
  const pattern = `${prefix.replace(/[\\%_]/g, "\\$&")}%`;
  const wanted = prefix === "" ? always : sql`(type like ${pattern} escape '\\' or name like ${pattern} escape '\\')`;
  return sql`with recursive ${walk("flow")}, ${walk("task")}
    select ${observed.columns} from (${timesOf("flow", wanted)} union all ${timesOf("task", wanted)})
    group by state_type, state_name order by ${raw(orders[sort])} limit ${limit}`;
}

type Kind = "flow" | "task";

function walk(kind: Kind): Sql {
  const states = raw(`${kind}_run_state`);
  const next = (column: string) =>
    sql`(select s.${raw(column)} from ${states} s where (s.type, s.name) > (p.type, p.name) order by s.type, s.name limit 1)`;
  const first = sql`select * from (select type, name from ${states} order by type, name limit 1)`;
  return sql`${raw(kind)}_pair (type, name) as (${first} union all
    select ${next("type")}, ${next("name")} from ${raw(kind)}_pair p where p.type is not null limit ${mostPairs + 1})`;
}

function timesOf(kind: Kind, wanted: Sql): Sql {
  const time = (order: string) => sql`(select s.timestamp from ${raw(kind)}_run_state s where s.type = p.type and s.name = p.name
    order by s.timestamp${raw(order)} limit 1)`;
  return sql`select type as state_type, name as state_name, ${time("")} as first_seen, ${time(" desc")} as last_seen
    from ${raw(kind)}_pair p where type is not null and ${wanted}`;
}
