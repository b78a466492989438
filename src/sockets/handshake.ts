import type { Deps } from "../deps.ts";
import { isAuthorized, isSocketTokenValid, needsCredentials } from "../http/credentials.ts";
import { isJsonObject } from "../schemas/json.ts";
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

/**
 * Lets a client in, or returns why not (rules: events.md 6). With the subprotocol its first message is `auth`, answered by
 * `auth_success`; without it (clients up to 3.6.13) the upgrade's own header counts, and a first `auth` message does too.
 */
export async function greet(connection: Connection, request: Request, deps: Deps): Promise<Refusal | null> {
  if (offersSubprotocol(request)) {
    const refusal = await checkFirstMessage(connection, deps);
    if (refusal === null) connection.send({ type: "auth_success" });
    return refusal;
  }
  if (await isAuthorized(deps.config, request.headers.get("authorization"))) {
    connection.tolerate(isAuth);
    return null;
  }
  return checkFirstMessage(connection, deps);
}

async function checkFirstMessage(connection: Connection, { config }: Deps): Promise<Refusal | null> {
  const message = await connection.next();
  const value = message === null ? undefined : readJson(message);
  if (!isJsonObject(value) || value.type !== "auth") return refuse("Expected 'auth' message");
  if (!needsCredentials(config)) return null;
  if (typeof value.token !== "string" || value.token === "") return refuse("Auth required but no token provided");
  return (await isSocketTokenValid(config, value.token)) ? null : refuse("Invalid token");
}
