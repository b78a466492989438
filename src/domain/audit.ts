import { normaliseUuid } from "../schemas/common.ts";
import type { Principal } from "./principal.ts";

/** The kinds of objects whose changes the audit tells. */
export const auditedKinds = [
  "api_key",
  "artifact",
  "automation",
  "block_document",
  "block_schema",
  "block_type",
  "concurrency_limit",
  "database",
  "deployment",
  "flow",
  "flow_run",
  "flow_run_notification_policy",
  "result_storage",
  "saved_search",
  "task_run",
  "variable",
  "work_pool",
  "work_queue",
  "worker",
] as const;
export type AuditedKind = (typeof auditedKinds)[number];

/** Who changes something: a key's holder, who has the configured credentials, anybody of an open server, an automation, the command line. */
export interface Actor {
  readonly type: "API_KEY" | "CONFIGURED" | "ANONYMOUS" | "AUTOMATION" | "COMMAND_LINE";
  readonly id: string | null;
  readonly name: string;
  /** The role of a key. */
  readonly role: string | null;
}

/** What is changed: as far as the path names it, or what is made. */
export interface AuditedObject {
  readonly id?: string | null;
  readonly name?: string | null;
  /** How many objects a request names that changes several. */
  readonly count?: number;
}

/** A change that is going to be made. */
export interface AuditEntry {
  /** One for each request: it has one row, however many transactions it takes. */
  readonly id: string;
  readonly actor: Actor;
  /** Method and path, as the API's description has them. */
  readonly operation: string;
  readonly kind: AuditedKind;
  readonly object: AuditedObject;
  readonly request_id: string | null;
}

/** Returns how the audit tells the sender of a request. */
export function actorOf(principal: Principal | null): Actor {
  const { creator = null, name = "anonymous", role = null } = principal ?? {};
  if (creator?.type === "API_KEY") return { type: "API_KEY", id: creator.id, name, role };
  return { type: name === "anonymous" ? "ANONYMOUS" : "CONFIGURED", id: null, name, role };
}

/** The commands of whoever can reach the database itself. */
export const commandLine: Actor = { type: "COMMAND_LINE", id: null, name: "command line", role: null };

const sanePattern = /^[\w.:+/=-]{1,100}$/;

/** Returns the id that the sender gave a request or, where it gave none that is short and plain, the platform's; null without either. */
export function requestIdOf(headers: Headers): string | null {
  const given = [headers.get("x-request-id"), headers.get("cf-ray")];
  return given.find((text) => text !== null && sanePattern.test(text)) ?? null;
}

/** The longest name that is kept: names in paths of objects are shorter. */
const longestName = 500;

/** Returns the object that the parameters of a path name. */
export function objectInPath(params: Readonly<Record<string, string>>): AuditedObject {
  const { id, id_or_name, ...names } = params;
  const either = id_or_name === undefined ? null : normaliseUuid(id_or_name);
  const texts = [...(either === null && id_or_name !== undefined ? [id_or_name] : []), ...Object.values(names)];
  const name = texts.join("/").slice(0, longestName);
  return { id: id === undefined ? either : (normaliseUuid(id) ?? id), name: name === "" ? null : name };
}
