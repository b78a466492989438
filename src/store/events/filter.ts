import type { ResolvedEventFilter } from "../../domain/events/filter.ts";
import { parseTextQuery } from "../../domain/text-search.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { EventAnyResourceFilter, EventRelatedFilter, LabelPatterns } from "../../schemas/filters/events.ts";
import type { Sql } from "../client.ts";
import { allOf, always, joined, raw, sql } from "../sql/tag.ts";
import { globLiteral, searchConditions } from "../sql/text-search.ts";

const resourceId = "prefect.resource.id";
const resourceRole = "prefect.resource.role";

/** Returns the condition on `event e` for a search in all stored events; conditions on resources use the indexes on their ids. */
export function storedEventCondition(filter: ResolvedEventFilter): Sql {
  const { any_resource, related } = filter;
  return allOf([
    ...ownConditions(filter),
    ...listOf(related).map((one) => relatedCondition(one, filter)),
    ...listOf(any_resource).map((one) => anyResourceCondition(one, filter)),
  ]);
}

/** The same condition, evaluated on each event in order: for filters that match many events. */
export const walkedEventCondition = (filter: ResolvedEventFilter): Sql =>
  allOf([
    ...ownConditions(filter, "+"),
    ...listOf(filter.related).map(relatedMatch),
    ...listOf(filter.any_resource).map(anyResourceMatch),
  ]);

/** Returns queries for positions of candidate events, each led by one condition's index: for conditions that match few events. */
export function leadingEventPositions(filter: ResolvedEventFilter): Sql[] {
  const { resource, event, any_resource, related } = filter;
  const ranges = [
    ...startsWithOneOf("resource_id", resource?.id_prefix),
    ...hintedPrefixes("resource_id", resource?.labels),
    ...startsWithOneOf("event", event?.prefix),
  ];
  return [
    ...ranges.map((range) => sql`select position from event where ${range}`),
    ...listOf(any_resource).flatMap((one) => anyResourcePositions(one, filter)),
    ...listOf(related).flatMap((one) => relatedPositions(one, filter)),
  ];
}

/**
 * Returns the condition on `event e` for newly arrived events, evaluated row by row. As in the reference, the live stream ignores
 * `related` and `distinct` (`prefect/server/events/filters.py EventDataFilter.includes`).
 */
export const liveEventCondition = (filter: ResolvedEventFilter): Sql =>
  allOf([...ownConditions(filter), ...listOf(filter.any_resource).map(anyResourceMatch)]);

const listOf = <T>(one: T | readonly T[] | undefined): readonly T[] => (one === undefined ? [] : isList(one) ? one : [one]);

const isList = <T>(one: T | readonly T[]): one is readonly T[] => Array.isArray(one);

// A unary plus keeps SQLite from using the column's index.
function ownConditions({ occurred, event, resource, id, text }: ResolvedEventFilter, plus: "" | "+" = ""): Sql[] {
  return [
    sql`e.occurred >= ${occurred.since} and e.occurred <= ${occurred.until}`,
    ...isOneOf("e.id", id?.id),
    ...isOneOf("e.event", event?.name),
    ...startsWithOneOf(`${plus}e.event`, event?.prefix),
    ...isOneOf("e.event", event?.exclude_name).map(negated),
    ...startsWithOneOf("e.event", event?.exclude_prefix).map(negated),
    ...isOneOf("e.resource_id", resource?.id),
    ...startsWithOneOf(`${plus}e.resource_id`, resource?.id_prefix),
    ...hintedPrefixes(`${plus}e.resource_id`, resource?.labels),
    ...haveLabels("e.resource", resource?.labels),
    ...(text === undefined ? [] : searchConditions(searchedText, parseTextQuery(text.query))),
  ];
}

const searchedText = "(e.event || ' ' || e.resource || ' ' || e.related || ' ' || e.payload)";

const relatedId = `r.value ->> '$."${resourceId}"'`;
const relatedRole = `r.value ->> '$."${resourceRole}"'`;

/**
 * The block size for related resources: the trigger `tr_event__relate_block` (migration 0004) writes those of a whole block when
 * the first event after it is stored. Positions of one block have the same quotient.
 */
export const relatedBlock = 256;

/**
 * The positions of events in the last block with a related resource (`r`) that meets the condition; only the primary key is used.
 */
const lastBlock = (condition: Sql): Sql =>
  sql`select position from event not indexed, json_each(related) r where position >= (select max(position) / ${raw(relatedBlock)} * ${raw(relatedBlock)} from event) and ${condition}`;

/** One related resource meets all conditions: found by the index on ids and roles; labels are stored on the event only. */
function relatedCondition(related: EventRelatedFilter, filter: ResolvedEventFilter): Sql {
  const found = relatedPositions(related, filter).map((positions) => sql`e.position in (${positions})`);
  return allOf(haveLabels("r.value", related.labels).length === 0 ? found : [...found, relatedMatch(related)]);
}

const rolesAndIds = ({ id, role, resources_in_roles: pairs = [] }: EventRelatedFilter, resource: string, as: string): Sql[] => [
  ...isOneOf(resource, id),
  ...isOneOf(as, role),
  ...(pairs.length === 0 ? [] : [inRoles(resource, as, pairs)]),
];

/** The positions of events with a related resource of these ids and roles; null without conditions on indexed columns. */
function relatedPositions(related: EventRelatedFilter, { occurred }: ResolvedEventFilter): Sql[] {
  const asked = [...rolesAndIds(related, "resource_id", "role"), ...hintedPrefixes("resource_id", related.labels)];
  if (asked.length === 0) return [];
  const within = isWithin(occurred);
  const written = allOf([...asked, within]);
  const hinted = hintedPrefixes(relatedId, related.labels);
  const unwritten = allOf([...rolesAndIds(related, relatedId, relatedRole), ...hinted, within]);
  return [sql`select position from event_related where ${written} union all ${lastBlock(unwritten)}`];
}

const isWithin = ({ since, until }: ResolvedEventFilter["occurred"]): Sql => sql`occurred >= ${since} and occurred <= ${until}`;

function relatedMatch(related: EventRelatedFilter): Sql {
  const asked = [...rolesAndIds(related, relatedId, relatedRole), ...haveLabels("r.value", related.labels)];
  if (asked.length === 0) return allOf([]);
  return isAnyRelated(allOf(asked));
}

const isAnyRelated = (condition: Sql): Sql => sql`exists (select 1 from json_each(e.related) r where ${condition})`;

function inRoles(resource: string, role: string, pairs: readonly (readonly [string, string])[]): Sql {
  const ids = [...new Set(pairs.map(([id]) => id))];
  const paired = sql`exists (select 1 from json_each(${stringifyJson(pairs)}) p where p.value ->> 0 = ${raw(resource)} and p.value ->> 1 = ${raw(role)})`;
  return allOf([...isOneOf(resource, ids), paired]);
}

/** One resource of the event, primary or related, meets all conditions. */
function anyResourceMatch({ id, id_prefix, labels }: EventAnyResourceFilter): Sql {
  const on = (column: string, resource: string) => [
    ...isOneOf(column, id),
    ...startsWithOneOf(column, id_prefix),
    ...haveLabels(resource, labels),
  ];
  const primary = on("e.resource_id", "e.resource");
  return primary.length === 0 ? always : sql`(${allOf(primary)} or ${isAnyRelated(allOf(on(relatedId, "r.value")))})`;
}

function anyResourceCondition(any: EventAnyResourceFilter, filter: ResolvedEventFilter): Sql {
  const [found] = anyResourcePositions(any, filter).map((positions) => sql`e.position in (${positions})`);
  if (found === undefined) return anyResourceMatch(any);
  const isAll = any.labels === undefined && !(isGiven(any.id) && isGiven(any.id_prefix));
  return isAll ? found : allOf([found, anyResourceMatch(any)]);
}

const isGiven = (list: readonly string[] | undefined) => list !== undefined && list.length > 0;

/** The positions of events with a resource of these ids or id prefixes; null without such conditions. */
function anyResourcePositions(filter: EventAnyResourceFilter, { occurred }: ResolvedEventFilter): Sql[] {
  const hintOn = (column: string): Sql | undefined =>
    (isGiven(filter.id)
      ? isOneOf(column, filter.id)
      : isGiven(filter.id_prefix)
        ? startsWithOneOf(column, filter.id_prefix)
        : hintedPrefixes(column, filter.labels))[0];
  const hint = hintOn("resource_id");
  const unwritten = hintOn(relatedId);
  if (hint === undefined || unwritten === undefined) return [];
  const within = isWithin(occurred);
  const written = sql`${hint} and ${within}`;
  return [
    sql`select position from event where ${written} union all select position from event_related where ${written}
      union all ${lastBlock(sql`${unwritten} and ${within}`)}`,
  ];
}

/** Returns the smallest text that sorts after every text with this prefix; null if there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    // Surrogates are not code points of their own.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}

// Above this number prefixes are compared one by one, since the length of SQL is limited.
const maximumRanges = 20;

function startsWithOneOf(column: string, prefixes: readonly string[] | undefined): Sql[] {
  if (prefixes === undefined || prefixes.length === 0) return [];
  if (prefixes.length > maximumRanges) {
    const list = stringifyJson(prefixes);
    return [sql`exists (select 1 from json_each(${list}) p where substr(${raw(column)}, 1, length(p.value)) = p.value)`];
  }
  const ranges = prefixes.map((prefix): Sql => {
    const end = prefixEnd(prefix);
    return end === null ? sql`${raw(column)} >= ${prefix}` : sql`${raw(column)} >= ${prefix} and ${raw(column)} < ${end}`;
  });
  if (ranges.length === 1) return ranges;
  const anyOf = joined(
    ranges.map((range) => sql`(${range})`),
    " or ",
  );
  return [sql`(${anyOf})`];
}

/** An empty list is no condition. */
function isOneOf(column: string, values: readonly string[] | undefined): Sql[] {
  const [first, second] = values ?? [];
  if (first === undefined || values === undefined) return [];
  if (second === undefined) return [sql`${raw(column)} = ${first}`];
  return [sql`${raw(column)} in (select value from json_each(${stringifyJson(values)}))`];
}

const negated = (condition: Sql): Sql => sql`not (${condition})`;

interface Pattern {
  readonly negative: boolean;
  /** The text before the first wildcard. */
  readonly start: string;
  readonly glob: string;
}

function readPattern(label: string, text: string): Pattern {
  // The role is compared without wildcards.
  if (label === resourceRole) return { negative: false, start: text, glob: globLiteral(text) };
  const negative = text.startsWith("!");
  const body = negative ? text.slice(1) : text;
  return { negative, start: /^[^*?]*/.exec(body)?.[0] ?? "", glob: body.replaceAll("[", "[[]") };
}

const textsOf = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

// Labels that a JSON path can express; other labels, and long lists, use the general form.
const plainLabel = /^[^"\\\x00-\x1f]+$/;
const maximumPatterns = 50;

/** Every label exists and matches one of its patterns. */
function haveLabels(labels: string, patterns: LabelPatterns | undefined): Sql[] {
  const wanted = Object.entries(patterns ?? {}).map(([label, value]) => ({
    label,
    read: textsOf(value).map((text) => readPattern(label, text)),
  }));
  const count = wanted.reduce((sum, { read }) => sum + 1 + read.length, 0);
  const isPlain = count <= maximumPatterns && wanted.every(({ label }) => plainLabel.test(label));
  if (!isPlain) return [haveAnyLabels(labels, wanted)];
  return wanted.map(({ label, read }) => {
    const value = sql`${raw(labels)} ->> ${`$."${label}"`}`;
    const fits = read.map(({ negative, glob }) => (negative ? sql`${value} not glob ${glob}` : sql`${value} glob ${glob}`));
    return fits.length === 0 ? sql`(0)` : sql`(${joined(fits, " or ")})`;
  });
}

/** The same for any labels, as one parameter: a list of [label, [[negative, glob], …]]. */
function haveAnyLabels(labels: string, wanted: readonly { label: string; read: readonly Pattern[] }[]): Sql {
  const list = wanted.map(({ label, read }) => [label, read.map(({ negative, glob }) => [negative ? 1 : 0, glob])]);
  return sql`not exists (select 1 from json_each(${stringifyJson(list)}) w where not exists (select 1 from json_each(${raw(labels)}) l, json_each(w.value -> 1) v
    where l.key = w.value ->> 0 and (l.value glob (v.value ->> 1)) <> v.value ->> 0))`;
}

/** The id prefixes implied by label patterns on the id, so that its index can be used. */
function hintedPrefixes(column: string, patterns: LabelPatterns | undefined): Sql[] {
  const value = patterns?.[resourceId];
  const read = value === undefined ? [] : textsOf(value).map((text) => readPattern(resourceId, text));
  const useful = read.length > 0 && read.every(({ negative, start }) => !negative && start !== "");
  return useful
    ? startsWithOneOf(
        column,
        read.map(({ start }) => start),
      )
    : [];
}
