import type { ResolvedEventFilter } from "../../domain/events/filter.ts";
import { parseTextQuery } from "../../domain/text-search.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { EventAnyResourceFilter, EventRelatedFilter, LabelPatterns } from "../../schemas/filters/events.ts";
import type { Sql } from "../client.ts";
import { allOf, always, joined, raw, sql } from "../sql/tag.ts";
import { globLiteral, searchConditions } from "../sql/text-search.ts";

const resourceId = "prefect.resource.id";
const resourceRole = "prefect.resource.role";

/**
 * Returns the condition on `event e` for a search among all stored events: what asks for resources is met by way of the
 * indexes on their ids first.
 */
export function storedEventCondition(filter: ResolvedEventFilter): Sql {
  const { any_resource, related } = filter;
  return allOf([
    ...ownConditions(filter),
    ...listOf(related).map((one) => relatedCondition(one, filter)),
    ...listOf(any_resource).map((one) => anyResourceCondition(one, filter)),
  ]);
}

/** The same, asked of each event as it comes in its order: right where many events match. */
export const walkedEventCondition = (filter: ResolvedEventFilter): Sql =>
  allOf([
    ...ownConditions(filter, "+"),
    ...listOf(filter.related).map(relatedMatch),
    ...listOf(filter.any_resource).map(anyResourceMatch),
  ]);

/** Returns queries for the positions of events of which some match, each by one of the conditions: right where these are few. */
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
 * Returns the condition on `event e` for events that have just arrived, row by row. As on the reference server, the live
 * stream does not look at `related` and `distinct` (events.md 7).
 */
export const liveEventCondition = (filter: ResolvedEventFilter): Sql =>
  allOf([...ownConditions(filter), ...listOf(filter.any_resource).map(anyResourceMatch)]);

const listOf = <T>(one: T | readonly T[] | undefined): readonly T[] => (one === undefined ? [] : isList(one) ? one : [one]);

const isList = <T>(one: T | readonly T[]): one is readonly T[] => Array.isArray(one);

// With a plus before it a column is compared, but its index not searched.
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
 * How many events get their related resources written at a time: `tr_event__relate_block` (migration 0004) does it for a whole block when
 * the first event beyond it is stored. Positions of one block have the same quotient.
 */
export const relatedBlock = 256;

/** The positions of those events of the last block that have a related resource (`r`) as the condition wants it: no index but the position's. */
const lastBlock = (condition: Sql): Sql =>
  sql`select position from event not indexed, json_each(related) r where position >= (select max(position) / ${raw(relatedBlock)} * ${raw(relatedBlock)} from event) and ${condition}`;

/** Some one related resource meets all that is asked for: found by the index on ids and roles; labels stand on the event alone. */
function relatedCondition(related: EventRelatedFilter, filter: ResolvedEventFilter): Sql {
  const found = relatedPositions(related, filter).map((positions) => sql`e.position in (${positions})`);
  return allOf(haveLabels("r.value", related.labels).length === 0 ? found : [...found, relatedMatch(related)]);
}

const rolesAndIds = ({ id, role, resources_in_roles: pairs = [] }: EventRelatedFilter, resource: string, as: string): Sql[] => [
  ...isOneOf(resource, id),
  ...isOneOf(as, role),
  ...(pairs.length === 0 ? [] : [inRoles(resource, as, pairs)]),
];

/** The positions of the events with a related resource of these ids and roles; none where nothing is asked that the index knows. */
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

/** Some one resource of the event, the primary or a related one, meets all that is asked for. */
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

/** The positions of the events with a resource whose id is so, or begins so; none where nothing of that is asked. */
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

/** The fewest code points that sort behind every text with this prefix; null if there are none. */
export function prefixEnd(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    // Surrogates are no characters of their own.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}

// More than these are compared one by one: SQL of any length would end at the limits of the database.
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
  /** What stands before the first wildcard. */
  readonly start: string;
  readonly glob: string;
}

function readPattern(label: string, text: string): Pattern {
  // The role is compared as it is.
  if (label === resourceRole) return { negative: false, start: text, glob: globLiteral(text) };
  const negative = text.startsWith("!");
  const body = negative ? text.slice(1) : text;
  return { negative, start: /^[^*?]*/.exec(body)?.[0] ?? "", glob: body.replaceAll("[", "[[]") };
}

const textsOf = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);

// What a JSON path can name; other labels, and very many, take the general way.
const plainLabel = /^[^"\\\x00-\x1f]+$/;
const maximumPatterns = 50;

/** Every label named is there and one of its patterns fits. */
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

/** The same for labels of any kind and number, as one parameter: a list of [label, [[negative, glob], …]]. */
function haveAnyLabels(labels: string, wanted: readonly { label: string; read: readonly Pattern[] }[]): Sql {
  const list = wanted.map(({ label, read }) => [label, read.map(({ negative, glob }) => [negative ? 1 : 0, glob])]);
  return sql`not exists (select 1 from json_each(${stringifyJson(list)}) w where not exists (select 1 from json_each(${raw(labels)}) l, json_each(w.value -> 1) v
    where l.key = w.value ->> 0 and (l.value glob (v.value ->> 1)) <> v.value ->> 0))`;
}

/** What the patterns of the id say about its beginning, so that the index on ids can be used. */
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
