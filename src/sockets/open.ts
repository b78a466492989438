import type { Deps } from "../deps.ts";
import { type Connection, closeCodes, takeOver } from "./connection.ts";
import { greet, offersSubprotocol, type Refusal, subprotocol } from "./handshake.ts";

/** What a socket does once its client was let in; it returns how the socket ends, or null where the client ended it. */
export type Serve = (connection: Connection, deps: Deps) => Promise<Refusal | null>;

/** What a client is told where its protocol has words of its own: that it is not let in, that the server failed. */
interface Words {
  readonly refused?: string;
  readonly failed?: string;
}

/** Opens a socket: answers the upgrade, lets the client in and serves it. Every end has a code, every refusal a line in the log. */
export function openSocket(request: Request, deps: Deps, serve: Serve, words: Words = {}): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  const connection = takeOver(server);
  // What still waits when a client goes is stored behind the answer.
  deps.waitUntil(run(connection, request, deps, serve, words));
  return new Response(null, {
    status: 101,
    webSocket: client,
    ...(offersSubprotocol(request) && { headers: { "sec-websocket-protocol": subprotocol } }),
  });
}

async function run(connection: Connection, request: Request, deps: Deps, serve: Serve, words: Words): Promise<void> {
  const path = new URL(request.url).pathname;
  try {
    const refusal = await greet(connection, request, deps);
    const end = refusal === null ? await serve(connection, deps) : { ...refusal, reason: words.refused ?? refusal.reason };
    if (end !== null && end.code !== closeCodes.normal) deps.log("warn", { socket: path, ...end });
    connection.close(end?.code ?? closeCodes.normal, end?.reason ?? "");
  } catch (error) {
    deps.log("error", { socket: path, error: String(error), stack: error instanceof Error ? error.stack : undefined });
    connection.close(closeCodes.serverError, words.failed ?? "Internal Server Error");
  }
}

// What is left for the work of the end.
const reserve = 10;

/** Tells whether a socket has spent the database requests that one invocation may make, but for a few. */
export const isSpent = ({ db, config }: Deps): boolean => db.roundTrips() >= config.socketRequests - reserve;

/** The end of a socket that has spent its requests: clients connect again. */
export const spent: Refusal = { code: closeCodes.serviceRestart, reason: "Please connect again" };
