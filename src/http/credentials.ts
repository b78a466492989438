import { timingSafeEqual } from "hono/utils/buffer";
import type { Config } from "../env.ts";
import { decodeBase64 } from "./client.ts";

/** Compares two secrets in a time that does not depend on where they differ. */
export const sameSecret = (given: string, wanted: string): Promise<boolean> => timingSafeEqual(given, wanted);

/** Tells whether the server asks for credentials at all. */
export const needsCredentials = (config: Config): boolean => config.authString !== undefined || config.apiKey !== undefined;

/** Tells whether an `Authorization` header carries one of the configured credentials (root.md "Login"). */
export async function isAuthorized(config: Config, header: string | null | undefined): Promise<boolean> {
  if (!needsCredentials(config)) return true;
  const [scheme, token, ...rest] = (header ?? "").split(" ");
  if (token === undefined || rest.length > 0) return false;
  if (scheme === "Bearer") return config.apiKey !== undefined && (await sameSecret(token, config.apiKey));
  if (scheme !== "Basic" || config.authString === undefined) return false;
  const credentials = decodeBase64(token);
  return credentials !== null && (await sameSecret(credentials, config.authString));
}

/** Tells whether a socket's first message carries the credentials: the auth string or the key, as it stands. */
export async function isSocketTokenValid(config: Config, token: string): Promise<boolean> {
  for (const secret of [config.authString, config.apiKey])
    if (secret !== undefined && (await sameSecret(token, secret))) return true;
  return false;
}
