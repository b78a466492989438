import type { Deps } from "../deps.ts";
import type { Scope } from "../domain/principal.ts";
import { errorResponse, unavailable } from "../http/errors.ts";
import { acceptSocket, type Connection, closeCodes } from "./connection.ts";
import {
  type Admitted,
  admitByMessage,
  admittedByHeader,
  offersSubprotocol,
  type Refusal,
  refusalWithout,
  skipAuth,
  subprotocol,
  welcome,
} from "./handshake.ts";
import { watchAdmission } from "./watch-admission.ts";

/** The protocol of a socket after authentication; returns the close code and reason, null where the client closed the socket. */
export type Serve = (connection: Connection, deps: Deps) => Promise<Refusal | null>;

/** The close reasons of a protocol that prescribes its own, for refused clients and for failures of the server. */
interface CloseReasons {
  readonly refused?: string;
  readonly failed?: string;
}

/** A socket's protocol and its limits. */
export interface SocketService {
  /** What a client needs. */
  readonly scope: Scope;
  readonly serve: Serve;
  /** The maximum of queued messages, in bytes; a client that exceeds it is disconnected. */
  readonly backlog?: number;
  readonly closeReasons?: CloseReasons;
}

const defaultBacklog = 2 * 1024 * 1024;
/** The maximum number of sockets per isolate whose client is not authenticated yet. */
const maximumUnauthenticated = 256;
/** How long a client has for its authentication, in milliseconds. */
const authenticationMs = 10_000;

/**
 * Opens a socket: answers the upgrade, authenticates the client and runs the protocol. Every end has a close code, every refusal
 * is logged. Returns 503 where too many clients are not authenticated yet.
 */
export async function openSocket(
  request: Request,
  deps: Deps,
  { scope, serve, backlog = defaultBacklog, closeReasons = {} }: SocketService,
): Promise<Response> {
  // Before the socket is accepted: until then the client's messages stay in the transport, and the limit for them depends on
  // this.
  const admitted = await admittedByHeader(request, deps);
  if (admitted === null && deps.sockets.unauthenticated >= maximumUnauthenticated) return errorResponse(unavailable());
  const { 0: client, 1: server } = new WebSocketPair();
  const connection = acceptSocket(server, { gauges: deps.sockets, backlog, cutOff: deps.cutOff });
  // Messages that are queued when a client disconnects are stored after the response.
  deps.waitUntil(authenticateAndServe(connection, request, deps, { scope, serve, closeReasons, admitted }));
  return new Response(null, {
    status: 101,
    webSocket: client,
    ...(offersSubprotocol(request) && { headers: { "sec-websocket-protocol": subprotocol } }),
  });
}

interface ServedSocket {
  readonly scope: Scope;
  readonly serve: Serve;
  readonly closeReasons: CloseReasons;
  /** Who the upgrade request authenticated; null: the first message does. */
  readonly admitted: Admitted | null;
}

async function authenticateAndServe(
  connection: Connection,
  request: Request,
  deps: Deps,
  { scope, serve, closeReasons, admitted }: ServedSocket,
): Promise<void> {
  const path = new URL(request.url).pathname;
  try {
    if (admitted !== null) skipAuth(connection);
    const client = admitted ?? (await admitInTime(connection, deps));
    const outcome = "code" in client ? client : (refusalWithout(scope, client) ?? client);
    if ("code" in outcome) {
      const { code, reason } = { ...outcome, reason: closeReasons.refused ?? outcome.reason };
      deps.log("warn", { socket: path, code, reason });
      return connection.terminate(code, reason);
    }
    if (admitted === null) welcome(connection, request);
    connection.markAuthenticated();
    const stopWatching = watchAdmission(connection, deps, outcome);
    const end = await serve(connection, { ...deps, principal: outcome.principal }).finally(stopWatching);
    if (end !== null && end.code !== closeCodes.normal) deps.log("warn", { socket: path, ...end });
    connection.terminate(end?.code ?? closeCodes.normal, end?.reason ?? "");
  } catch (error) {
    deps.log("error", { socket: path, error: String(error), stack: error instanceof Error ? error.stack : undefined });
    connection.terminate(closeCodes.serverError, closeReasons.failed ?? "Internal Server Error");
  }
}

async function admitInTime(connection: Connection, deps: Deps): Promise<Admitted | Refusal> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Refusal>((resolve) => {
    timer = setTimeout(() => resolve({ code: closeCodes.policyViolation, reason: "Expected 'auth' message" }), authenticationMs);
  });
  deps.sockets.unauthenticated++;
  try {
    return await Promise.race([admitByMessage(connection, deps), late]);
  } finally {
    deps.sockets.unauthenticated--;
    if (timer !== undefined) clearTimeout(timer);
  }
}

// The requests reserved for closing the socket.
const reservedRequests = 10;

/** Returns whether a socket has used up its budget of database requests, which the platform limits per invocation. */
export const isBudgetSpent = ({ db, config }: Deps): boolean => db.roundTrips() >= config.socketRequests - reservedRequests;

/** The close of a socket that has used up its budget; the client reconnects. */
export const budgetSpent: Refusal = { code: closeCodes.serviceRestart, reason: "Please connect again" };
