import { timingSafeEqual } from "hono/utils/buffer";
import type { Config } from "../env.ts";
import { decodeBase64 } from "./client.ts";

/** Compares two secrets in constant time. */
export const sameSecret = (given: string, wanted: string): Promise<boolean> => timingSafeEqual(given, wanted);

/** Returns whether credentials are configured. */
export const needsCredentials = (config: Config): boolean => config.authString !== undefined || config.apiKey !== undefined;

/** What a client sends of itself: with a scheme in the header `Authorization`, without one in the first message of a socket. */
export interface Credentials {
  readonly scheme: "Bearer" | "Basic" | null;
  readonly secret: string;
}

/** Returns what an `Authorization` header says; null for a header of another form. */
export function readCredentials(header: string | null | undefined): Credentials | null {
  const [scheme, token, ...rest] = (header ?? "").split(" ");
  if (token === undefined || rest.length > 0) return null;
  if (scheme === "Bearer") return { scheme, secret: token };
  const secret = scheme === "Basic" ? decodeBase64(token) : null;
  return secret === null ? null : { scheme: "Basic", secret };
}

/** Returns whether a header has this token. */
export async function hasToken(header: string | null | undefined, token: string): Promise<boolean> {
  const given = readCredentials(header);
  return given?.scheme === "Bearer" && sameSecret(given.secret, token);
}

/** Returns whether these are the configured credentials (`prefect/server/api/server.py token_validation`). */
export async function areConfigured({ authString, apiKey }: Config, { scheme, secret }: Credentials): Promise<boolean> {
  if (scheme !== "Bearer" && authString !== undefined && (await sameSecret(secret, authString))) return true;
  return scheme !== "Basic" && apiKey !== undefined && (await sameSecret(secret, apiKey));
}
