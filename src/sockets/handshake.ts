import type { Deps } from "../deps.ts";
import type { Principal, Scope } from "../domain/principal.ts";
import { authenticate, isOpen, type Keys } from "../http/authenticate.ts";
import { type Credentials, readCredentials } from "../http/credentials.ts";
import { isJsonObject } from "../lib/json.ts";
import { keysExist, verifyKey } from "../services/verify-key.ts";
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

/** Returns the API keys of a socket's database. */
export const keysOf = (deps: Deps): Keys => ({ exist: () => keysExist(deps), holderOf: (text) => verifyKey(deps, text) });

/** A client that was let in, and what it sent of itself: null where it needed nothing. */
export interface Admitted {
  readonly principal: Principal;
  readonly secret: string | null;
}

/**
 * Returns the client that the upgrade request authenticates, null for none: clients up to 3.6.13 offer no subprotocol and send the
 * Authorization header.
 */
export async function admittedByHeader(request: Request, deps: Deps): Promise<Admitted | null> {
  if (offersSubprotocol(request)) return null;
  const credentials = readCredentials(request.headers.get("authorization"));
  const principal = await authenticate(deps.config, credentials, keysOf(deps));
  return principal === null ? null : { principal, secret: credentials?.secret ?? null };
}

/** Discards the `auth` message of a client that was authenticated by its header. */
export const skipAuth = (connection: Connection): void => connection.skipNextIf(isAuth);

/** Answers `auth_success` to a client that offered the subprotocol. */
export function welcome(connection: Connection, request: Request): void {
  if (offersSubprotocol(request)) connection.send({ type: "auth_success" });
}

/** Returns the refusal of a client whose role has not what the socket needs, else null. */
export const refusalWithout = (scope: Scope, { principal }: Admitted): Refusal | null =>
  principal.scopes.has(scope) ? null : refuse(`This needs the scope ${scope}.`);

/** Returns whether a key that a client was let in with still lets it in. */
export const isStillAdmitted = async (deps: Deps, { secret }: Admitted): Promise<boolean> =>
  (await authenticate(deps.config, withoutScheme(secret), keysOf(deps))) !== null;

const withoutScheme = (secret: string | null): Credentials | null => (secret === null ? null : { scheme: null, secret });

/**
 * Authenticates a client by its first message, `auth` (`prefect/server/utilities/subscriptions.py accept_prefect_socket`). Returns the
 * client, or the refusal.
 */
export async function admitByMessage(connection: Connection, deps: Deps): Promise<Admitted | Refusal> {
  const message = await connection.next();
  const value = message === null ? undefined : readJson(message);
  if (!isJsonObject(value) || value.type !== "auth") return refuse("Expected 'auth' message");
  const secret = typeof value.token === "string" && value.token !== "" ? value.token : null;
  if (secret === null && !(await isOpen(deps.config, keysOf(deps)))) return refuse("Auth required but no token provided");
  const principal = await authenticate(deps.config, withoutScheme(secret), keysOf(deps));
  return principal === null ? refuse("Invalid token") : { principal, secret };
}
