import type { Deps } from "../deps.ts";
import { errorResponse, unavailable } from "../http/errors.ts";
import { type Connection, closeCodes, takeOver } from "./connection.ts";
import { greet, isLetInByHeader, offersSubprotocol, type Refusal, skipAuth, subprotocol } from "./handshake.ts";

/** What a socket does once its client was let in; it returns how the socket ends, or null where the client ended it. */
export type Serve = (connection: Connection, deps: Deps) => Promise<Refusal | null>;

/** What a client is told where its protocol has words of its own: that it is not let in, that the server failed. */
interface Words {
  readonly refused?: string;
  readonly failed?: string;
}

/** What a socket does. */
export interface SocketService {
  readonly serve: Serve;
  /** How much of what the client sent may wait, in bytes; more ends the socket. */
  readonly backlog?: number;
  readonly words?: Words;
}

const usualBacklog = 2 * 1024 * 1024;
/** How many sockets may wait in an isolate whose clients have not shown credentials. */
const mostStrangers = 256;
/** How long a client may take to show its credentials, in milliseconds. */
const greetingMs = 10_000;

/**
 * Opens a socket: answers the upgrade, lets the client in and serves it. Every end has a code, every refusal a line in the log. Returns 503
 * where too many clients wait to be let in.
 */
export async function openSocket(
  request: Request,
  deps: Deps,
  { serve, backlog = usualBacklog, words = {} }: SocketService,
): Promise<Response> {
  // Before the socket is taken over: what the client sends at once waits in its transport until it is known what it may send.
  const isLetIn = await isLetInByHeader(request, deps);
  if (!isLetIn && deps.sockets.strangers >= mostStrangers) return errorResponse(unavailable());
  const { 0: client, 1: server } = new WebSocketPair();
  const connection = takeOver(server, { gauges: deps.sockets, backlog, cutOff: deps.cutOff });
  // What still waits when a client goes is stored behind the answer.
  deps.waitUntil(run(connection, request, deps, { serve, words, isLetIn }));
  return new Response(null, {
    status: 101,
    webSocket: client,
    ...(offersSubprotocol(request) && { headers: { "sec-websocket-protocol": subprotocol } }),
  });
}

interface Run {
  readonly serve: Serve;
  readonly words: Words;
  readonly isLetIn: boolean;
}

async function run(connection: Connection, request: Request, deps: Deps, { serve, words, isLetIn }: Run): Promise<void> {
  const path = new URL(request.url).pathname;
  try {
    if (isLetIn) skipAuth(connection);
    const refusal = isLetIn ? null : await greetInTime(connection, request, deps);
    if (refusal !== null) {
      const { code, reason } = { ...refusal, reason: words.refused ?? refusal.reason };
      deps.log("warn", { socket: path, code, reason });
      return connection.finish(code, reason);
    }
    connection.admit();
    const end = await serve(connection, deps);
    if (end !== null && end.code !== closeCodes.normal) deps.log("warn", { socket: path, ...end });
    connection.finish(end?.code ?? closeCodes.normal, end?.reason ?? "");
  } catch (error) {
    deps.log("error", { socket: path, error: String(error), stack: error instanceof Error ? error.stack : undefined });
    connection.finish(closeCodes.serverError, words.failed ?? "Internal Server Error");
  }
}

async function greetInTime(connection: Connection, request: Request, deps: Deps): Promise<Refusal | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Refusal>((resolve) => {
    timer = setTimeout(() => resolve({ code: closeCodes.policyViolation, reason: "Expected 'auth' message" }), greetingMs);
  });
  deps.sockets.strangers++;
  try {
    return await Promise.race([greet(connection, request, deps), late]);
  } finally {
    deps.sockets.strangers--;
    if (timer !== undefined) clearTimeout(timer);
  }
}

// What is left for the work of the end.
const reserve = 10;

/** Tells whether a socket has spent the database requests that one invocation may make, but for a few. */
export const isSpent = ({ db, config }: Deps): boolean => db.roundTrips() >= config.socketRequests - reserve;

/** The end of a socket that has spent its requests: clients connect again. */
export const spent: Refusal = { code: closeCodes.serviceRestart, reason: "Please connect again" };
