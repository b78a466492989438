import type { Deps } from "../deps.ts";
import type { Event } from "../domain/events/event.ts";
import { namedRuns } from "../domain/events/unauthenticated-reports.ts";
import { isOpen } from "../http/authenticate.ts";
import { errorResponse, unavailable } from "../http/errors.ts";
import { fromSecondsDuration } from "../lib/time.ts";
import { recordEvents } from "../services/record-events.ts";
import { wakeAutomations } from "../services/wake-automations.ts";
import { type Reporters, readReporters } from "../store/flow-runs/reporting.ts";
import { acceptSocket, type Connection, closeCodes, type Message } from "./connection.ts";
import { readEvents } from "./events-in.ts";
import { keysOf, offersSubprotocol, type Refusal, skipAuth } from "./handshake.ts";
import { sizeOf } from "./message-queue.ts";
import { budgetSpent, isBudgetSpent } from "./open.ts";
import { retryWhileUnavailable } from "./retry.ts";

/** The bounds of clients without credentials; see README.md. */
const bounds = {
  /** Their sockets in one isolate. */
  sockets: 256,
  /** The queue of one socket, and those of all in one isolate, in bytes: apart from those of clients with credentials. */
  backlog: 2 * 1024 * 1024,
  sharedBacklog: 8 * 1024 * 1024,
  /** What one socket may send at once, and then each second. */
  events: { burst: 5_000, rate: 200 },
  bytes: { burst: 10_000_000, rate: 1_000_000 },
  /** Events of one socket that are dropped before it is closed. */
  dropped: 1_000,
  /** For how long a socket may report nothing that is taken, in milliseconds. */
  idleMs: 600_000,
} as const;

/** A client still sends what it has queued when its flow run has ended. */
const lateReports = fromSecondsDuration(30);

/**
 * Returns whether a request is from a client up to 3.6.13 that sends no credentials over sockets, where MILLIWAYS_LEGACY_SOCKETS lets such
 * clients report. One that sends wrong credentials is refused as ever.
 */
export const isLegacyReporter = async (request: Request, deps: Deps): Promise<boolean> =>
  deps.config.legacySockets &&
  !offersSubprotocol(request) &&
  request.headers.get("authorization") === null &&
  !(await isOpen(deps.config, keysOf(deps)));

/** Opens a socket on which a client without credentials may report events of flow runs that are not in a final state, and read nothing. */
export function openLegacyEventsIn(deps: Deps): Response {
  const gauges = deps.sockets.legacy;
  if (gauges.count >= bounds.sockets) return errorResponse(unavailable());
  const { 0: client, 1: server } = new WebSocketPair();
  const connection = acceptSocket(server, { ...bounds, gauges, cutOff: deps.cutOff });
  gauges.count++;
  const served = serve(connection, deps).finally(() => {
    gauges.count--;
  });
  deps.waitUntil(served);
  return new Response(null, { status: 101, webSocket: client });
}

async function serve(connection: Connection, deps: Deps): Promise<void> {
  skipAuth(connection);
  connection.markAuthenticated();
  const dropped = { count: 0 };
  let end: Refusal = { code: closeCodes.normal, reason: "" };
  try {
    end = (await receive(connection, deps, dropped)) ?? end;
  } catch (error) {
    deps.log("error", { socket, error: String(error) });
    end = { code: closeCodes.serverError, reason: "Internal Server Error" };
  }
  if (dropped.count > 0 || end.code !== closeCodes.normal) deps.log("warn", { socket, dropped: dropped.count, ...end });
  connection.terminate(end.code, end.reason);
}

const socket = "/events/in without credentials";

async function receive(connection: Connection, deps: Deps, dropped: { count: number }): Promise<Refusal | null> {
  const isWithinRate = meter(deps);
  const idle = idleTimer(connection);
  try {
    for (;;) {
      const messages = await connection.nextBatch();
      if (messages.length === 0) return idle.hasEnded() ? tooQuiet : null;
      if (!isWithinRate(messages)) return tooMuch;
      const { events, fault } = readEvents(messages);
      const taken = await retryWhileUnavailable(deps, () => withoutUnknown(deps, events));
      dropped.count += events.length - taken.length;
      if (taken.length > 0) {
        idle.restart();
        await retryWhileUnavailable(deps, () => recordEvents(deps, taken));
        wakeAutomations(deps);
      }
      if (fault !== null) return fault;
      if (dropped.count > bounds.dropped) return tooMuch;
      if (isBudgetSpent(deps)) return budgetSpent;
    }
  } finally {
    idle.stop();
  }
}

const tooMuch: Refusal = { code: closeCodes.policyViolation, reason: "Too many events without credentials" };
const tooQuiet: Refusal = { code: closeCodes.policyViolation, reason: "No events of a run" };

/** Returns the events that such a client may report. */
async function withoutUnknown(deps: Deps, events: readonly Event[]): Promise<readonly Event[]> {
  const named = events.map((event) => ({ event, runs: namedRuns(event) }));
  const flowRuns = [...new Set(named.flatMap(({ runs }) => runs?.flowRuns ?? []))];
  if (flowRuns.length === 0) return [];
  const taskRuns = [...new Set(named.flatMap(({ runs }) => runs?.taskRuns ?? []))];
  const known = await readReporters(deps.db, { flowRuns, taskRuns }, deps.now() - lateReports);
  return named.filter(({ runs }) => runs !== null && mayReport(runs, known)).map(({ event }) => event);
}

const mayReport = (
  { flowRuns, taskRuns }: { flowRuns: readonly string[]; taskRuns: readonly string[] },
  known: Reporters,
): boolean =>
  flowRuns.every((id) => known.flowRuns.has(id)) &&
  // A task run of another flow run would be taken over by the report.
  taskRuns.every((id) => !known.flowRunOf.has(id) || flowRuns.includes(known.flowRunOf.get(id) ?? ""));

interface Allowance {
  readonly burst: number;
  readonly rate: number;
}

/** Returns whether what a socket has sent until now is within its rates. */
function meter({ now }: Deps): (messages: readonly Message[]) => boolean {
  const allowance = ({ burst, rate }: Allowance) => {
    let left = burst;
    let at = now();
    return (amount: number): boolean => {
      const time = now();
      left = Math.min(burst, left + ((time - at) / 1_000_000) * rate) - amount;
      at = time;
      return left >= 0;
    };
  };
  const [events, bytes] = [allowance(bounds.events), allowance(bounds.bytes)];
  return (messages) => {
    const size = messages.reduce((sum, message) => sum + sizeOf(message), 0);
    return events(messages.length) && bytes(size);
  };
}

/** Ends a socket that is quiet for too long, so that its place goes to another. */
function idleTimer(connection: Connection) {
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    if (timer !== undefined) clearTimeout(timer);
  };
  const restart = () => {
    stop();
    timer = setTimeout(() => {
      ended = true;
      connection.terminate(tooQuiet.code, tooQuiet.reason);
    }, bounds.idleMs);
  };
  restart();
  return { restart, stop, hasEnded: () => ended };
}
