import { timingSafeEqual } from "hono/utils/buffer";
import type { Config } from "../env.ts";
import { decodeBase64 } from "./client.ts";

/** Compares two secrets in constant time. */
export const sameSecret = (given: string, wanted: string): Promise<boolean> => timingSafeEqual(given, wanted);

/** Returns whether credentials are configured. */
export const needsCredentials = (config: Config): boolean => config.authString !== undefined || config.apiKey !== undefined;

/**
 * Returns whether an `Authorization` header contains one of the configured credentials (`prefect/server/api/server.py
 * token_validation`).
 */
export async function isAuthorized(config: Config, header: string | null | undefined): Promise<boolean> {
  if (!needsCredentials(config)) return true;
  const [scheme, token, ...rest] = (header ?? "").split(" ");
  if (token === undefined || rest.length > 0) return false;
  if (scheme === "Bearer") return config.apiKey !== undefined && (await sameSecret(token, config.apiKey));
  if (scheme !== "Basic" || config.authString === undefined) return false;
  const credentials = decodeBase64(token);
  return credentials !== null && (await sameSecret(credentials, config.authString));
}

/** Returns whether a socket's token is one of the configured credentials: the auth string or the API key, without a scheme. */
export async function isSocketTokenValid(config: Config, token: string): Promise<boolean> {
  for (const secret of [config.authString, config.apiKey])
    if (secret !== undefined && (await sameSecret(token, secret))) return true;
  return false;
}
