import type { Deps } from "../deps.ts";
import { isAuthorized, isSocketTokenValid, needsCredentials } from "../http/credentials.ts";
import { isJsonObject } from "../lib/json.ts";
import { type Connection, closeCodes, type Message, readJson } from "./connection.ts";

export const subprotocol = "prefect";

/** Tells whether a client knows the handshake: it offers the subprotocol `prefect`, also among others. */
export const offersSubprotocol = (request: Request): boolean =>
  (request.headers.get("sec-websocket-protocol") ?? "").split(",").some((offered) => offered.trim() === subprotocol);

const typeOf = (message: Message): unknown => {
  const value = readJson(message);
  return isJsonObject(value) ? value.type : undefined;
};

const isAuth = (message: Message): boolean => typeOf(message) === "auth";

/** A refused client: how its socket ends. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
}

const refuse = (reason: string): Refusal => ({ code: closeCodes.policyViolation, reason });

/** Tells whether the upgrade itself lets the client in: without the subprotocol (clients up to 3.6.13) its header counts (events.md 6). */
export const isLetInByHeader = async (request: Request, { config }: Deps): Promise<boolean> =>
  !offersSubprotocol(request) && (await isAuthorized(config, request.headers.get("authorization")));

/** Leaves out the `auth` message of a client that was let in by its header. */
export const skipAuth = (connection: Connection): void => connection.tolerate(isAuth);

/**
 * Lets a client in by its first message, or returns why not (rules: events.md 6): that is `auth`, answered by `auth_success` where the
 * client knows the subprotocol.
 */
export async function greet(connection: Connection, request: Request, deps: Deps): Promise<Refusal | null> {
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
