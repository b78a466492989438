import type { Deps } from "../deps.ts";
import { isAuthorized, isSocketTokenValid, needsCredentials } from "../http/credentials.ts";
import { isJsonObject } from "../lib/json.ts";
import { type Connection, closeCodes, type Message, readJson } from "./connection.ts";

export const subprotocol = "prefect";

/** Returns whether the client offers the subprotocol `prefect`, also among others; it then expects the handshake. */
export const offersSubprotocol = (request: Request): boolean =>
  (request.headers.get("sec-websocket-protocol") ?? "").split(",").some((offered) => offered.trim() === subprotocol);

const typeOf = (message: Message): unknown => {
  const value = readJson(message);
  return isJsonObject(value) ? value.type : undefined;
};

const isAuth = (message: Message): boolean => typeOf(message) === "auth";

/** The close code and reason for a refused client. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
}

const refuse = (reason: string): Refusal => ({ code: closeCodes.policyViolation, reason });

/**
 * Returns whether the upgrade request authenticates the client: clients up to 3.6.13 offer no subprotocol and send the
 * Authorization header.
 */
export const isAuthenticatedByHeader = async (request: Request, { config }: Deps): Promise<boolean> =>
  !offersSubprotocol(request) && (await isAuthorized(config, request.headers.get("authorization")));

/** Discards the `auth` message of a client that was authenticated by its header. */
export const skipAuth = (connection: Connection): void => connection.skipNextIf(isAuth);

/**
 * Authenticates a client by its first message, `auth`, and answers `auth_success` where it offered the subprotocol
 * (`prefect/server/utilities/subscriptions.py accept_prefect_socket`). Returns the refusal, or null.
 */
export async function authenticate(connection: Connection, request: Request, deps: Deps): Promise<Refusal | null> {
  const refusal = await checkFirstMessage(connection, deps);
  if (refusal === null && offersSubprotocol(request)) connection.send({ type: "auth_success" });
  return refusal;
}

async function checkFirstMessage(connection: Connection, { config }: Deps): Promise<Refusal | null> {
  const message = await connection.next();
  const value = message === null ? undefined : readJson(message);
  if (!isJsonObject(value) || value.type !== "auth") return refuse("Expected 'auth' message");
  if (!needsCredentials(config)) return null;
  if (typeof value.token !== "string" || value.token === "") return refuse("Auth required but no token provided");
  return (await isSocketTokenValid(config, value.token)) ? null : refuse("Invalid token");
}
