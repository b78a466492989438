import type { Micros } from "../lib/time.ts";
import type { Role } from "../schemas/api-keys.ts";
import type { Creator, Principal } from "./principal.ts";
import { scopesOf } from "./roles.ts";

/** The form of a key as `keyOf` of lib/secret-key makes it. */
const keyPattern = /^mw_[A-Za-z0-9_-]{43}$/;
/** A key that was sent: alone, or behind its name as `name:key`. */
export interface SentKey {
  readonly key: string;
  readonly name: string | null;
}

/** Returns the key in a sent text; null for a text that cannot be one, which is not looked up. */
export function readKey(text: string): SentKey | null {
  const colon = text.lastIndexOf(":");
  const key = text.slice(colon + 1);
  if (!keyPattern.test(key)) return null;
  return { key, name: colon === -1 ? null : text.slice(0, colon) };
}

/** A key that is not revoked, as it was found in the database. */
export interface LiveKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly expires: Micros | null;
  readonly last_used: Micros | null;
}

/** Returns how a key stands in `created_by` and `updated_by`. */
export const creatorOfKey = ({ id, name }: Pick<LiveKey, "id" | "name">): Creator => ({
  id,
  type: "API_KEY",
  display_value: name,
});

/** Returns the holder of a key. */
export const principalOfKey = (key: LiveKey): Principal => ({
  name: key.name,
  scopes: scopesOf(key.role),
  creator: creatorOfKey(key),
  role: key.role,
});

/** Returns whether a key has expired. */
export const hasExpired = ({ expires }: Pick<LiveKey, "expires">, now: Micros): boolean => expires !== null && expires <= now;
