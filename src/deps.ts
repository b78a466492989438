import { v7 } from "uuid";
import type { Principal } from "./domain/principal.ts";
import type { Config, LogLevel } from "./env.ts";
import { type MemoryBudget, memoryBudget } from "./lib/memory.ts";
import { type RequestCounts, requestCounts } from "./lib/request-counts.ts";
import { type SecretBox, secretBox } from "./lib/secret-box.ts";
import type { Micros } from "./lib/time.ts";
import { type Database, openDatabase } from "./store/client.ts";
import { configuredWorkspace, type Workspace, type WorkspaceHandle, workspaceHandles } from "./workspaces.ts";

/** The dependencies of an isolate, independent of the workspace. */
export interface Platform {
  readonly config: Config;
  readonly random: () => number;
  readonly randomBytes: (length: number) => Uint8Array<ArrayBuffer>;
  readonly log: Log;
  /** What encrypts stored secrets; its keys are imported once. */
  readonly secrets: SecretBox;
  /** Lives as long as the isolate: the memory used by its sockets. */
  readonly sockets: SocketGauges;
  /** Lives as long as the isolate: the memory budget for large request bodies. */
  readonly bodies: MemoryBudget;
  /** Lives as long as the isolate: the requests that it has answered. */
  readonly requests: RequestCounts;
}

type Shared = Platform & Omit<WorkspaceHandle, "connections" | "wire" | "sizes">;

/** The dependencies of one request, cron tick or socket. The only place that determines which database is used. */
export interface Deps extends Shared {
  /** The authenticated sender; null without authentication: open operations, cron, a socket before its first message. */
  readonly principal: Principal | null;
  readonly db: Database;
  readonly now: () => Micros;
  readonly newId: () => string;
  /** Keeps work running after the response was sent. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Cancels the request and all its work, its socket included. */
  readonly cutOff: () => void;
}

/** The parameters of one request's dependencies. */
export interface Scope {
  readonly principal: Principal | null;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly cutOff?: () => void;
  /** The configured workspace by default. */
  readonly workspace?: Workspace;
}

/** The platform of an isolate, and the factory of each request's dependencies. */
export interface Isolate {
  readonly platform: Platform;
  readonly deps: (scope: Scope) => Deps;
}

/** Memory use of an isolate's sockets, for the bounds in `sockets/`. */
export interface SocketGauges {
  /** The size of all queued messages, in bytes. */
  backlog: number;
  /** The number of sockets whose client is not authenticated yet. */
  unauthenticated: number;
  /** The sockets of old clients that report without credentials: their number, and the size of their queued messages. */
  readonly legacy: { count: number; backlog: number };
}

export type Log = (level: LogLevel, fields: Record<string, unknown>) => void;

const weight = { error: 0, warn: 1, info: 2 };

/** Returns whether lines of this level are logged. */
export const isLogged = (config: Config, level: LogLevel): boolean => weight[level] <= weight[config.logLevel];

const makeLog =
  (config: Config): Log =>
  (level, fields) => {
    if (isLogged(config, level)) console.log(JSON.stringify({ level, ...fields }));
  };

// An isolate has 128 MB, and a text exists several times while it is parsed, turned into a response and sent. Two budgets,
// because a request that holds a body must not wait for memory held by another request with a body.
const bodyBudgetBytes = 10_000_000;
const answerBudgetBytes = 20_000_000;

/** Returns a new isolate. The clock `now` of a request increases with every call. */
export function isolateOf(config: Config): Isolate {
  const handleOf = workspaceHandles(config);
  const configured = configuredWorkspace(config);
  const memory = memoryBudget(answerBudgetBytes);
  const platform: Platform = {
    config,
    random: Math.random,
    log: makeLog(config),
    randomBytes,
    secrets: secretBox(config.encryptionKeys, randomBytes),
    sockets: { backlog: 0, unauthenticated: 0, legacy: { count: 0, backlog: 0 } },
    bodies: memoryBudget(bodyBudgetBytes),
    requests: requestCounts(),
  };
  // Copying every member for every request costs a hundredth of the CPU time of a read.
  const sharedOf = new WeakMap<WorkspaceHandle, Shared>();
  const share = (handle: WorkspaceHandle): Shared => {
    const { connections, wire, sizes, ...others } = handle;
    const shared = { ...platform, ...others };
    sharedOf.set(handle, shared);
    return shared;
  };
  const deps: Isolate["deps"] = ({ principal, waitUntil, cutOff = () => undefined, workspace = configured }) => {
    const handle = handleOf(workspace);
    const { connections, wire, sizes } = handle;
    const now = makeClock();
    const db = openDatabase({
      url: workspace.databaseUrl,
      token: workspace.databaseToken,
      wire,
      sizes,
      connections,
      memory,
      waitUntil,
      onWrite: handle.writeCounters.countWrites,
    });
    return { ...(sharedOf.get(handle) ?? share(handle)), principal, db, now, newId: makeIds(now), waitUntil, cutOff };
  };
  return { platform, deps };
}

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));

function makeClock(): () => Micros {
  let last = 0;
  return () => {
    last = Math.max(Date.now() * 1000, last + 1);
    return last;
  };
}

// UUIDv7 with the microseconds in `rand_a`: the ids of one request are ordered within a millisecond.
const makeIds =
  (now: () => Micros): (() => string) =>
  () => {
    const random = crypto.getRandomValues(new Uint8Array(16));
    const at = now();
    const tail = new DataView(random.buffer).getUint32(6) >>> 10;
    return v7({ msecs: Math.floor(at / 1000), seq: ((at % 1000) << 22) | tail, random });
  };
