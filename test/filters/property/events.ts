import type { Filter } from "./interpreter.ts";
import { searched } from "./interpreter.ts";
import type { Event, Resource } from "./rows.ts";

const isObject = (value: unknown): value is Filter => typeof value === "object" && value !== null && !Array.isArray(value);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value : []).filter((one) => typeof one === "string");

/** An empty list is no condition. */
const oneOf = (list: unknown, value: string | undefined): boolean =>
  texts(list).length === 0 || (value !== undefined && texts(list).includes(value));
const oneBegins = (list: unknown, value: string): boolean =>
  texts(list).length === 0 || texts(list).some((prefix) => value.startsWith(prefix));

// `*` any characters, `?` one, `!` before them negates; the label has to be there all the same.
function isPattern(pattern: string, value: string): boolean {
  const wanted = pattern.replace(/^!/, "");
  const source = [...wanted].map((c) => (c === "*" ? ".*" : c === "?" ? "." : c.replace(/[\\^$.+()[\]{}|/-]/g, "\\$&")));
  return new RegExp(`^${source.join("")}$`, "su").test(value) !== pattern.startsWith("!");
}

const hasLabels = (labels: unknown, resource: Resource): boolean =>
  !isObject(labels) ||
  Object.entries(labels).every(([label, patterns]) => {
    const value = resource[label];
    const list = typeof patterns === "string" ? [patterns] : texts(patterns);
    return value !== undefined && list.some((pattern) => isPattern(pattern, value));
  });

const idOf = (resource: Resource): string => resource["prefect.resource.id"] ?? "";

const isRelated = ({ id, role, resources_in_roles, labels }: Filter, resource: Resource): boolean => {
  const pairs = Array.isArray(resources_in_roles) ? resources_in_roles : [];
  const own = resource["prefect.resource.role"];
  return (
    oneOf(id, idOf(resource)) &&
    oneOf(role, own) &&
    (pairs.length === 0 || pairs.some(([one, itsRole]) => one === idOf(resource) && itsRole === own)) &&
    hasLabels(labels, resource)
  );
};

const isResource = ({ id, id_prefix, labels }: Filter, resource: Resource): boolean =>
  oneOf(id, idOf(resource)) && oneBegins(id_prefix, idOf(resource)) && hasLabels(labels, resource);

const hasNoCondition = (filter: Filter): boolean =>
  Object.values(filter).every((value) => value === null || (Array.isArray(value) && value.length === 0) || isEmptyObject(value));
const isEmptyObject = (value: unknown) => isObject(value) && Object.keys(value).length === 0;

// Each object of the list finds a resource of its own choice; one without conditions asks for nothing.
const eachFinds = (asked: unknown, holds: (one: Filter) => boolean): boolean =>
  (Array.isArray(asked) ? asked : [asked]).filter(isObject).every((one) => hasNoCondition(one) || holds(one));

const instantOf = (wire: unknown): number => {
  const [, seconds = "", fraction = "", zone = ""] = /^(.{19})(?:\.(\d{1,6}))?(.*)$/.exec(String(wire)) ?? [];
  return Date.parse(`${seconds}${zone}`) * 1000 + Number(fraction.padEnd(6, "0"));
};

const isNameAsked = ({ prefix, exclude_prefix, name, exclude_name }: Filter, event: string): boolean =>
  oneOf(name, event) &&
  oneBegins(prefix, event) &&
  !texts(exclude_name).includes(event) &&
  !texts(exclude_prefix).some((one) => event.startsWith(one));

function isTextFound({ query }: Filter, { event, resource, related, payload }: Event): boolean {
  const { included, required, excluded } = searched(query, JSON.stringify([event, resource, related, payload]));
  return ![included, required, excluded].includes(false);
}

/** Tells whether an event is found. Without `since` it is one of the last 180 days, and those of the tests are older. */
function isAsked(filter: Filter, row: Event): boolean {
  const { occurred, event, resource, related, any_resource, id, text } = filter;
  const window = isObject(occurred) ? occurred : {};
  if (window.since === undefined || row.occurred < instantOf(window.since)) return false;
  if (window.until !== undefined && row.occurred > instantOf(window.until)) return false;
  return (
    (!isObject(event) || isNameAsked(event, row.event)) &&
    (!isObject(resource) || isResource(resource, row.resource)) &&
    eachFinds(related, (one) => row.related.some((other) => isRelated(one, other))) &&
    eachFinds(any_resource, (one) => [row.resource, ...row.related].some((other) => isResource(one, other))) &&
    (!isObject(id) || oneOf(id.id, row.id)) &&
    (!isObject(text) || isTextFound(text, row))
  );
}

/** Returns the events that a filter finds; with `distinct` the newest of each resource, or the oldest where the order is ascending. */
export function eventsAsked(filter: Filter, events: readonly Event[]): Event[] {
  const found = events.filter((row) => isAsked(filter, row));
  if (!isObject(filter.resource) || filter.resource.distinct !== true) return found;
  const sign = filter.order === "ASC" ? 1 : -1;
  const first = new Map<string, Event>();
  for (const row of found.toSorted((a, b) => sign * (a.occurred - b.occurred)))
    if (!first.has(idOf(row.resource))) first.set(idOf(row.resource), row);
  return [...first.values()];
}
