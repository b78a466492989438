import { v7 } from "uuid";
import type { Principal } from "./domain/principal.ts";
import type { Config, LogLevel } from "./env.ts";
import { type MemoryBudget, memoryBudget } from "./lib/memory.ts";
import { type SecretBox, secretBox } from "./lib/secret-box.ts";
import type { Micros } from "./lib/time.ts";
import { type Database, openDatabase } from "./store/client.ts";
import { configuredWorkspace, type Workspace, type WorkspaceHandle, workspaceHandles } from "./workspaces.ts";

/** What an isolate has, whichever workspace a request is for. */
export interface Platform {
  readonly config: Config;
  readonly random: () => number;
  readonly log: Log;
  /** What encrypts stored secrets; its keys are imported once. */
  readonly secrets: SecretBox;
  /** Outlives the request: what the sockets of this isolate hold. */
  readonly sockets: SocketGauges;
  /** Outlives the request: the memory for large bodies of requests. */
  readonly bodies: MemoryBudget;
}

/** What one request, cron tick or socket works with. Nothing outside of it knows which database is in use. */
export interface Deps extends Platform, Omit<WorkspaceHandle, "connections" | "wire" | "sizes"> {
  /** Who has sent the request; null where nobody was asked: open operations, cron, a socket before its first message. */
  readonly principal: Principal | null;
  readonly db: Database;
  readonly now: () => Micros;
  readonly newId: () => string;
  /** Lets work go on after the answer was sent. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Ends the request with all that it still does, its socket included. */
  readonly cutOff: () => void;
}

/** What the dependencies of one request are made for. */
export interface Scope {
  readonly principal: Principal | null;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly cutOff?: () => void;
  /** The configured one unless said otherwise. */
  readonly workspace?: Workspace;
}

/** An isolate: what it has, and how each request gets its dependencies. */
export interface Isolate {
  readonly platform: Platform;
  readonly deps: (scope: Scope) => Deps;
}

/** The numbers by which sockets keep within an isolate's memory (`sockets/connection.ts`). */
export interface SocketGauges {
  /** Messages that came and wait to be taken, in bytes. */
  backlog: number;
  /** Sockets whose client has not shown credentials yet. */
  strangers: number;
}

export type Log = (level: LogLevel, fields: Record<string, unknown>) => void;

const weight = { error: 0, warn: 1, info: 2 };

/** Tells whether lines of this level are written at all. */
export const isLogged = (config: Config, level: LogLevel): boolean => weight[level] <= weight[config.logLevel];

const makeLog =
  (config: Config): Log =>
  (level, fields) => {
    if (isLogged(config, level)) console.log(JSON.stringify({ level, ...fields }));
  };

// Of 128 MB: a text is there several times while it is parsed, made into an answer and sent. Two budgets, because a request that holds a
// body must not wait for the memory of another that holds one.
const largeBodies = 10_000_000;
const largeAnswers = 20_000_000;

/** Returns a new isolate. A request's `now` never runs backwards or stands still. */
export function isolateOf(config: Config): Isolate {
  const handleOf = workspaceHandles(config);
  const configured = configuredWorkspace(config);
  const memory = memoryBudget(largeAnswers);
  const platform: Platform = {
    config,
    random: Math.random,
    log: makeLog(config),
    secrets: secretBox(config.encryptionKeys, (length) => crypto.getRandomValues(new Uint8Array(length))),
    sockets: { backlog: 0, strangers: 0 },
    bodies: memoryBudget(largeBodies),
  };
  const deps: Isolate["deps"] = ({ principal, waitUntil, cutOff = () => undefined, workspace = configured }) => {
    const { connections, wire, sizes, ...handle } = handleOf(workspace);
    const now = makeClock();
    const db = openDatabase({
      url: workspace.databaseUrl,
      token: workspace.databaseToken,
      wire,
      sizes,
      connections,
      memory,
      waitUntil,
      onWrite: handle.marks.move,
    });
    return { ...platform, ...handle, principal, db, now, newId: makeIds(now), waitUntil, cutOff };
  };
  return { platform, deps };
}

function makeClock(): () => Micros {
  let last = 0;
  return () => {
    last = Math.max(Date.now() * 1000, last + 1);
    return last;
  };
}

// Version 7: within one millisecond a request's ids grow by the clock's microseconds.
const makeIds =
  (now: () => Micros): (() => string) =>
  () => {
    const random = crypto.getRandomValues(new Uint8Array(16));
    const at = now();
    const tail = new DataView(random.buffer).getUint32(6) >>> 10;
    return v7({ msecs: Math.floor(at / 1000), seq: ((at % 1000) << 22) | tail, random });
  };
