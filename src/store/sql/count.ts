import type { Column, Predicate, Tagged } from "../../filters/predicate.ts";
import { relations } from "../../filters/relations.ts";
import { stateType } from "../../schemas/states.ts";
import type { Sql } from "../client.ts";
import { countByRun, matchesAmong, mostRunsMatch } from "./count-by-run.ts";
import { emit, linkIndexes, tagTables, type Use } from "./emit.ts";
import {
  all,
  conjuncts,
  emitParts,
  isScattered,
  isToldByLink,
  type Leader,
  type Listed,
  leadersOf,
  leadsToAtMost,
  listsRuns,
  narrowOf,
  type Related,
  readsAll,
  rowsLedBy,
  rowsLedTo,
  rowsThatMeet,
  trialsOf,
} from "./leading.ts";
import { always, joined, raw, sql } from "./tag.ts";

/** Returns the statement that counts the rows of a list: its only column is `count`. */
export const countQuery = ({ from, where }: { from: string; where: Sql }): Sql =>
  sql`SELECT count(*) AS count FROM ${raw(from)} WHERE ${where}`;

interface Counted {
  readonly where: Predicate;
  /** Up to how many rows a condition is taken to lead to few; other than usual only in tests. */
  readonly few?: number | undefined;
  /** Whether the tables are known to be small: then SQLite's own way is good enough. */
  readonly isSmall?: boolean;
}

/** Returns the statement that counts the flow runs that match: its only column is `count`. */
export const flowRunCountQuery = (rows: Counted): Sql => countRows("flow_run", rows);

/** Returns the statement that counts the task runs that match: its only column is `count`. */
export const taskRunCountQuery = (rows: Counted): Sql => countRows("task_run", rows);

/** Returns the statement that counts the flows that match: its only column is `count`. */
export const flowCountQuery = (rows: Counted): Sql => countRows("flow", rows);

/** Returns the statement that counts the deployments that match: its only column is `count`. */
export const deploymentCountQuery = (rows: Counted): Sql => countRows("deployment", rows);

const leads = [2000, 50_000];
// To ask each flow or deployment for its runs, or each run for the other ones, may cost as much as all runs.
const leadsToFew = [...leads, 200_000];

// To count there is no order to keep, and SQLite may choose. Only common tags and many related rows are better asked row by row.
function countRows(table: Listed, { where, few, isSmall = false }: Counted): Sql {
  const parts = conjuncts(where);
  if (isSmall) return countFreely(table, where);
  const narrow = narrowOf(parts);
  if (narrow !== undefined)
    return parts.length === 1 ? countFreely(table, where) : countLed(table, parts, { parts: [narrow], rank: 0 });
  const isRun = table === "flow_run" || table === "task_run";
  const bounds = few !== undefined ? [few] : isRun && !parts.some(listsRuns) ? leads : leadsToFew;
  const [part] = parts;
  if (part === undefined) return countFreely(table, where);
  if (parts.length === 1) {
    const alone = countAlone(table, part, bounds);
    if (alone !== undefined) return alone;
  }
  const tags = parts.flatMap((one) => (one.kind === "any_tag" && one.tags.length === 1 ? one.tags : []));
  if (tags.length === parts.length && tags.length > 1) return countWithAll(table, tags);
  const leaders = leadersOf(isRun ? parts : parts.filter(({ kind }) => kind === "some"), table);
  if (leaders.length === 0 || (parts.length === 1 && part.kind !== "some")) return countFreely(table, where);
  const led = leaders.map((leader) => countLed(table, parts, leader));
  const ofRun = ofTheirRun(table, parts);
  const asked = ofRun
    ? { before: 2, when: mostRunsMatch(ofRun) }
    : isRun || !parts.some(listsRuns)
      ? undefined
      : { before: 1, when: mostAreFoundSoon(table, parts) };
  return countBy(table, leaders, bounds, {
    led,
    otherwise: countTaggedInStates(table, parts) ?? countAsked(table, parts),
    asked,
  });
}

const countFreely = (table: Listed, where: Predicate): Sql => countQuery({ from: `${table} AS r`, where: emit(where, "r") });

const ofTheirRun = (table: Listed, parts: readonly Predicate[]) =>
  parts.flatMap((part) =>
    table === "task_run" && part.kind === "some" && part.relation === "task_run.flow_run" ? [part] : [],
  )[0];

function countAsked(table: Listed, parts: readonly Predicate[]): Sql {
  const ofRun = ofTheirRun(table, parts);
  if (ofRun !== undefined)
    return countByRun({
      ofRun,
      own: parts.filter((part) => part !== ofRun),
      countOwn: (wanted) => countRows("task_run", { where: { kind: "and", parts: wanted } }),
      countAsked: () => countEach(table, parts),
    });
  return countEach(table, parts);
}

function countEach(table: Listed, parts: readonly Predicate[]): Sql {
  // Where rows are read to be asked, they are read as they lie; lists would lead to them in an order of their own.
  const areRead = parts.some((one) => one.kind === "any_tag" || listsRuns(one));
  const use = (one: Predicate): Use => {
    if (one.kind === "any_tag") return "ask";
    return one.kind === "some" && areRead ? "ask_by_index" : "free";
  };
  // Without conditions on columns no index leads: SQLite would take one that only leaves out nulls, and read the rows in its order.
  const isAskedAlone = parts.every(({ kind }) => kind === "some" || kind === "any_tag");
  const from = `${table} AS r${areRead && isAskedAlone ? " NOT INDEXED" : ""}`;
  return countQuery({ from, where: all(parts.map((one) => emitParts([one], "r", use(one)))) });
}

function countLed(table: Listed, parts: readonly Predicate[], leader: Leader): Sql {
  const rest = parts.filter((part) => !leader.parts.includes(part));
  const rows = rowsLedBy(leader, table, "r");
  return countQuery({ from: rows.from, where: all([rows.where, ...rest.map((part) => emitParts([part], "r", "ask"))]) });
}

interface Ways {
  readonly led: readonly Sql[];
  readonly otherwise: Sql;
  /** Tells, at little cost, that `otherwise` is better than to go through many rows: tried before a round of the bounds. */
  readonly asked?: { readonly before: number; readonly when: Sql } | undefined;
}

/** Returns the count by the first leader that goes through few rows, else another. */
function countBy(table: Listed, leaders: readonly Leader[], bounds: readonly number[], { led, otherwise, asked }: Ways): Sql {
  const trials = bounds.flatMap((most, round) => [
    ...(asked?.before === round ? [sql`WHEN ${asked.when} THEN ${raw(led.length)}`] : []),
    ...trialsOf(leaders, table, { most, round, isCount: true }).flatMap((trial) =>
      round > 1 && isScattered(trial.leader)
        ? []
        : [sql`WHEN ${leadsToAtMost(trial.leader, table, trial.most)} THEN ${raw(trial.index)}`],
    ),
  ]);
  // An index that is read as a whole ends sooner than to ask each row.
  const last = leaders.findIndex((leader) => readsAll(leader) && !isToldByLink(leader));
  if (trials.length === 0) return led[last] ?? otherwise;
  const ways = led.map((count, index) => sql`WHEN ${raw(index)} THEN (${count})`);
  return sql`WITH pick (way) AS MATERIALIZED (SELECT CASE ${joined(trials, " ")} ELSE ${raw(last === -1 ? led.length : last)} END)
      SELECT CASE way ${joined(ways, " ")} ELSE (${otherwise}) END AS count FROM pick`;
}

// What one condition alone is counted by without the rows of the table; undefined: there is no such way.
function countAlone(table: Listed, part: Predicate, bounds: readonly number[]): Sql | undefined {
  switch (part.kind) {
    case "any_tag":
      return countTagged(part.of, part.tags);
    case "tagged":
    case "untagged":
      return countWithTags(table, part.kind);
    case "null":
      return seldomNull[table]?.includes(part.column)
        ? difference(countQuery({ from: table, where: always }), countFreely(table, { ...part, kind: "not_null" }))
        : undefined;
    case "not_in":
      return difference(
        countFreely(table, neverNull.has(part.column) ? { kind: "always" } : { kind: "not_null", column: part.column }),
        countFreely(table, { ...part, kind: "in" }),
      );
    case "some":
      return countRelated(table, part, bounds);
    default:
      return undefined;
  }
}

const difference = (whole: Sql, ...parts: readonly Sql[]): Sql => sql`SELECT (${joined([whole, ...parts], ") - (")}) AS count`;

// Columns whose index holds only the rows with a value: the others are what is left of the table.
const seldomNull: Partial<Record<Listed, readonly Column[]>> = {
  flow_run: ["deployment_id", "work_queue_name", "parent_task_run_id", "created_by"],
};

const neverNull: ReadonlySet<Column> = new Set(["id", "name", "flow_id"]);

// The rows with the least common of the tags are asked for the others.
function countWithAll(of: Listed, tags: readonly string[]): Sql {
  const { table, owner } = tagTables[of];
  const has = raw(`SELECT 1 FROM ${table} AS had WHERE had.tag = wanted.tag AND had.${owner} = one.${owner}`);
  return sql`WITH wanted (tag, size) AS MATERIALIZED (${sizesOf(table, tags, mostCompared)}),
      rarest (tag) AS MATERIALIZED (SELECT tag FROM wanted ORDER BY size, tag LIMIT 1)
      SELECT count(*) AS count FROM rarest CROSS JOIN ${raw(table)} AS one ON one.tag = rarest.tag
      WHERE NOT EXISTS (SELECT 1 FROM wanted WHERE wanted.tag <> rarest.tag AND NOT EXISTS (${has}))`;
}

// Most runs have ended alike: those with a tag in common states are all with the tag but those in the other states, which are few.
function countTaggedInStates(table: Listed, parts: readonly Predicate[]): Sql | undefined {
  const [tag, state] = parts[0]?.kind === "any_tag" ? parts : [parts[1], parts[0]];
  if (parts.length !== 2 || tag?.kind !== "any_tag" || tag.tags.length !== 1) return undefined;
  if (state?.kind !== "in" || state.column !== "state_type") return undefined;
  const tagged = countTagged(tag.of, tag.tags);
  if (tagged === undefined) return undefined;
  const others: Predicate = { ...state, values: stateType.options.filter((type) => !state.values.includes(type)) };
  const inNone = countAsked(table, [tag, { kind: "null", column: "state_type" }]);
  const left = difference(tagged, countAsked(table, [tag, others]), inNone);
  const asked = countAsked(table, parts);
  const sizeOf = (part: Predicate) => rowsLedTo({ parts: [part], rank: 0 }, table, mostCompared);
  return sql`SELECT iif((${sizeOf(others)}) < (${sizeOf(state)}), (${left}), (${asked})) AS count`;
}

// So many rows of either side are gone through to find the lesser one.
const mostCompared = 200_000;

const mostRankedTags = 8;

// Of several tags the most common counts whole, and each other one where the row has none that counted before: few are looked at twice.
function countTagged(of: Tagged, tags: readonly string[]): Sql | undefined {
  const { table, owner } = tagTables[of];
  const [first, second] = tags;
  if (first === undefined || tags.length > mostRankedTags) return undefined;
  if (second === undefined) return countQuery({ from: table, where: sql`tag = ${first}` });
  const earlier =
    raw(`SELECT 1 FROM ranked AS before CROSS JOIN ${table} AS had ON had.tag = before.tag AND had.${owner} = one.${owner}
    WHERE before.place < ranked.place`);
  return sql`WITH sized (tag, size) AS MATERIALIZED (${sizesOf(table, tags, Number.MAX_SAFE_INTEGER)}),
      ranked (tag, size, place) AS MATERIALIZED (SELECT tag, size, row_number() OVER (ORDER BY size DESC, tag) FROM sized)
      SELECT (SELECT max(size) FROM ranked) + (SELECT count(*) FROM ranked CROSS JOIN ${raw(table)} AS one ON one.tag = ranked.tag
        WHERE ranked.place > 1 AND NOT EXISTS (${earlier})) AS count`;
}

// How many rows each tag has, counted up to a bound.
function sizesOf(table: string, tags: readonly string[], most: number): Sql {
  const sizes = tags.map(
    (tag) => sql`(${tag}, (SELECT count(*) FROM (SELECT 1 FROM ${raw(table)} WHERE tag = ${tag} LIMIT ${raw(most)})))`,
  );
  return sql`VALUES ${joined(sizes, ", ")}`;
}

function countWithTags(table: Listed, kind: "tagged" | "untagged"): Sql {
  const { table: tags, owner } = tagTables[table];
  const tagged = raw(`SELECT count(DISTINCT ${owner}) AS count FROM ${tags} INDEXED BY ix_${tags}__${owner}`);
  return kind === "tagged" ? tagged : difference(countQuery({ from: table, where: always }), tagged);
}

// Where a foreign key keeps the row in being, the related rows tell it: found by their own conditions, or all of them in its order.
function countRelated(
  table: Listed,
  { relation, where }: Extract<Predicate, { kind: "some" }>,
  bounds: readonly number[],
): Sql | undefined {
  const { to, key } = relations[relation];
  const index = linkIndexes[relation];
  if (key === "id" || index === undefined || relation === "deployment.flow_runs") return undefined;
  const parts = conjuncts(where);
  const distinct = (from: string, where: Sql): Sql =>
    sql`SELECT count(DISTINCT one.${raw(key)}) AS count FROM ${raw(from)} WHERE one.${raw(key)} IS NOT NULL AND ${where}`;
  const some: Predicate = { kind: "some", relation, where };
  const inOrder = distinct(`${to} AS one INDEXED BY ${index}`, emitParts(parts, "one", "ask_by_index"));
  if (parts.length === 0) return table === "flow" ? countAsked(table, [some]) : inOrder;
  const leaders = leadersOf([some], table);
  const related: Related = { to, key, alias: "one" };
  const asked = emitParts(parts, "one", "ask");
  const isCommon = matchesAmong({ table: to, alias: "one", matches: sql`(${asked})`, share: 25 });
  const led = leaders.map((leader) => {
    const rows = rowsThatMeet(where, related, leader.via);
    const counted = distinct(rows.from, rows.where);
    // An index of names leads to rows in an order of its own: many are found sooner as they lie.
    return readsAll(leader) && listsRuns(some)
      ? sql`SELECT iif(${isCommon}, (${distinct(`${to} AS one NOT INDEXED`, asked)}), (${counted})) AS count`
      : counted;
  });
  if (table !== "flow") return countBy(table, leaders, bounds, { led, otherwise: inOrder });
  return countBy(table, leaders, bounds, {
    led,
    otherwise: countAsked(table, [some]),
    asked: { before: 1, when: mostAreFoundSoon(table, [some]) },
  });
}

const parentsTried = 1000;

/*
 * Rows with many related rows each are best asked one by one where nearly each finds a match among its first related rows, however many match
 * in all. Holds when fewer than three of the first thousand rows do not; the third ends it.
 */
function mostAreFoundSoon(table: Listed, parts: readonly Predicate[]): Sql {
  const found = all(parts.map((part) => emitParts([part], "r", "try_further")));
  const tried = raw(`SELECT * FROM ${table} LIMIT ${parentsTried}`);
  return sql`(SELECT count(*) FROM (SELECT 1 FROM (${tried}) AS r WHERE NOT (${found}) LIMIT ${3})) < 3`;
}
