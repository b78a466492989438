import type { Config, LogLevel } from "./env.ts";
import { type MemoryBudget, memoryBudget } from "./lib/memory.ts";
import type { Micros } from "./schemas/time.ts";
import { type Shared, sharedBySockets } from "./sockets/shared-reads.ts";
import { type Database, openDatabase, wireOf } from "./store/client.ts";
import { embeddedConnections, sharedConnections } from "./store/connections/connections.ts";
import { type RecentFlowRuns, recentFlowRuns } from "./store/flow-runs/recent.ts";
import { type Marks, marks } from "./store/marks.ts";

/** What one request, cron tick or socket works with. Nothing outside it knows which database is in use. */
export interface Deps {
  readonly db: Database;
  /** Outlives the request: what this isolate has just written, as a guess. */
  readonly recent: RecentFlowRuns;
  readonly config: Config;
  readonly now: () => Micros;
  readonly newId: () => string;
  readonly random: () => number;
  readonly log: Log;
  /** Outlives the request: what the sockets of this isolate hold. */
  readonly sockets: SocketGauges;
  /** Outlives the request: which kinds of rows this isolate has written, for those who follow them. */
  readonly marks: Marks;
  /** Outlives the request: what followers have just read, for the others at the same place. */
  readonly shared: Shared;
  /** Outlives the request: the memory for large bodies of requests. */
  readonly bodies: MemoryBudget;
  /** Lets work go on after the answer was sent. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Ends the request with all that it still does, its socket included. */
  readonly cutOff: () => void;
}

/** The numbers by which sockets keep within an isolate's memory (`sockets/connection.ts`). */
export interface SocketGauges {
  /** Messages that came and wait to be taken, in bytes. */
  backlog: number;
  /** Sockets whose client has not shown credentials yet. */
  strangers: number;
  /** The sockets that serve as task workers, by id. */
  readonly taskWorkers: Map<string, { readonly id: string; readonly task_keys: readonly string[] }>;
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

/** Makes the dependencies of one request. */
export type RequestDeps = (waitUntil: (work: Promise<unknown>) => void, cutOff?: () => void) => Deps;

/** Returns what makes the dependencies of each request. `now` never runs backwards or stands still within one. */
export function requestDeps(config: Config): RequestDeps {
  const recent = recentFlowRuns();
  const connections = config.local ? embeddedConnections(config.databaseStreams) : sharedConnections(config.databaseStreams);
  const log = makeLog(config);
  const sockets: SocketGauges = { backlog: 0, strangers: 0, taskWorkers: new Map() };
  const moved = marks();
  const shared = sharedBySockets();
  const database = { url: config.databaseUrl, token: config.databaseToken };
  const wire = wireOf(database.url, database.token);
  const [bodies, memory] = [memoryBudget(largeBodies), memoryBudget(largeAnswers)];
  return (waitUntil, cutOff = () => undefined) => {
    const now = makeClock();
    return {
      recent,
      db: openDatabase({
        ...database,
        wire,
        connections,
        memory,
        waitUntil,
        onWrite: moved.move,
      }),
      config,
      now,
      newId: makeIds(now),
      random: Math.random,
      log,
      sockets,
      marks: moved,
      shared,
      bodies,
      waitUntil,
      cutOff,
    };
  };
}

function makeClock(): () => Micros {
  let last = 0;
  return () => {
    last = Math.max(Date.now() * 1000, last + 1);
    return last;
  };
}

// RFC 9562, version 7: 48 bits of milliseconds, then random bits; within one millisecond a request's ids grow by the clock's microseconds.
function makeIds(now: () => Micros): () => string {
  return () => {
    const bytes = crypto.getRandomValues(new Uint8Array(10));
    const at = now();
    const milliseconds = Math.floor(at / 1000);
    const sequence = (at % 1000) + 0x7000;
    const time = milliseconds.toString(16).padStart(12, "0");
    const tail = Array.from(bytes.subarray(2), (byte, i) =>
      (i === 0 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, "0"),
    ).join("");
    return `${time.slice(0, 8)}-${time.slice(8)}-${sequence.toString(16)}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  };
}
