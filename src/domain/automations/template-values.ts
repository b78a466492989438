import { Callable, Dict, fromJson, Host, reprOf, type Value } from "../../lib/jinja/index.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { textRepr } from "../../lib/python/index.ts";
import { formatTime, parseTime } from "../../lib/time.ts";
import { normaliseUuid } from "../../schemas/common.ts";

// What templates see are the reference's models: their members are Python's values, and their texts Python's.

/** Returns a time of the wire; it has no JSON form. */
export function time(wire: string): Value {
  const micros = parseTime(wire);
  if (micros === null) return wire;
  const iso = formatTime(micros).replace(".000000", "").replace("Z", "+00:00");
  const parts = { year: 4, month: 7, day: 10, hour: 13, minute: 16, second: 19 };
  const members = new Map<string, Value>(
    Object.entries(parts).map(([name, end]) => [name, Number(iso.slice(name === "year" ? 0 : end - 2, end))]),
  );
  members.set("microsecond", micros % 1_000_000);
  members.set("isoformat", new Callable("isoformat", () => iso));
  return new Host({ typeName: "DateTime", text: iso.replace("T", " "), micros, attribute: (name) => members.get(name) });
}

/** Returns a UUID; it has no JSON form. */
export const uuid = (id: string | null): Value => (id === null ? null : new Host({ typeName: "UUID", text: id }));

/** Returns a member of a text enumeration, which equals its text. */
const enumerated = (type: string, value: string): Value =>
  new Host({ typeName: type, text: `${type}.${value}`, json: value, equal: value });

/** Returns an object with members; `json` is its JSON form, undefined: none. */
export function model(typeName: string, members: ReadonlyMap<string, Value>, json: unknown, text?: () => string): Host {
  const shown = () => Array.from(members, ([name, value]) => `${name}=${reprOf(value)}`).join(" ");
  return new Host({ typeName, text: text ?? shown, attribute: (name) => members.get(name), json });
}

const isTime = /^(created|updated|timestamp|occurred|received|triggered|last_polled|cache_expiration|\w+_time)$/;

/** Returns an object of the API's answers: times, ids and states become Python's values. */
export function wireModel(typeName: string, wire: JsonObject): Host {
  const members = new Map(Object.entries(wire).map(([name, value]) => [name, wireValue(name, value)] as const));
  return model(typeName, members, wire, typeName === "State" ? () => stateText(wire) : undefined);
}

function wireValue(name: string, value: unknown): Value {
  if (typeof value === "string") {
    if (isTime.test(name)) return time(value);
    if (/(^|_)id$/.test(name) && normaliseUuid(value) !== null) return uuid(value);
    if (name === "state_type") return enumerated("StateType", value);
  }
  return name === "state" && isJsonObject(value) ? stateValue(value) : fromJson(value);
}

/** Returns a run's state of the wire. */
export function stateValue(wire: JsonObject): Value {
  const members = new Map(Object.entries(wire).map(([name, value]) => [name, wireValue(name, value)] as const));
  if (typeof wire.type === "string") members.set("type", enumerated("StateType", wire.type));
  return model("State", members, wire, () => stateText(wire));
}

// `prefect/server/schemas/states.py State.__str__`
const stateText = ({ name, type, message }: JsonObject): string => {
  const shown = typeof name === "string" ? name : String(type);
  return typeof message === "string" && message !== "" ? `${shown}(${textRepr(message)})` : `${shown}()`;
};

type Texts = Readonly<Record<string, string>>;

/** Returns labels as a graph: `a.b` of the labels `a.b` and `a.b.c` prints its value and has `c` (`prefect/server/events/schemas/labelling.py LabelDiver`). */
export function labelDiver(labels: Texts, value = ""): Host {
  const below = (name: string): Host | undefined => {
    if (name.startsWith("_")) return undefined;
    const inner = Object.entries(labels).flatMap(([key, text]) =>
      key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), text]] : [],
    );
    const own = Object.hasOwn(labels, name) ? labels[name] : undefined;
    return inner.length === 0 && own === undefined ? undefined : labelDiver(Object.fromEntries(inner), own);
  };
  const attribute = (name: string): Value | undefined => item(labels, name) ?? below(name);
  return new Host({ typeName: "LabelDiver", text: value, attribute });
}

// `object["key"]` asks for the attribute `[key]`.
function item(labels: Texts, name: string): string | undefined {
  const key = name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : null;
  return key !== null && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

export const textDict = (texts: Texts): Dict => {
  const dict = new Dict();
  for (const [key, value] of Object.entries(texts)) dict.set(key, value);
  return dict;
};

/** Returns a resource: its id, name, role and labels. */
export function resourceValue(labels: Texts): Host {
  const named: Readonly<Record<string, string>> = {
    id: "prefect.resource.id",
    name: "prefect.resource.name",
    role: "prefect.resource.role",
  };
  const text = (name: string): Value | undefined => {
    const label = Object.hasOwn(named, name) ? named[name] : undefined;
    if (label === undefined) return undefined;
    return Object.hasOwn(labels, label) ? labels[label] : name === "name" ? null : undefined;
  };
  const attribute = (name: string): Value | undefined => {
    if (name === "labels") return labelDiver(labels);
    if (name === "root") return textDict(labels);
    if (name === "get")
      return new Callable("get", ({ positional: [key, otherwise = null] }) =>
        typeof key === "string" && Object.hasOwn(labels, key) ? (labels[key] ?? null) : otherwise,
      );
    return text(name) ?? (name === "name" ? null : item(labels, name));
  };
  return new Host({ typeName: "Resource", text: () => `root=${reprOf(textDict(labels))}`, attribute, json: labels });
}
