import type { Deps } from "../deps.ts";
import { digestOf, keyOf, secretBytes } from "../lib/secret-key.ts";
import type { Micros } from "../lib/time.ts";
import type { Role } from "../schemas/api-keys.ts";
import { createKey, revokeKey } from "../store/api-keys/write.ts";
import type { ApiKeyRow } from "../store/tables/api-keys.ts";

interface WantedKey {
  readonly name: string;
  readonly role: Role;
  readonly expires: Micros | null;
}

export type KeyCreated =
  | { readonly kind: "created"; readonly row: ApiKeyRow; readonly key: string }
  | { readonly kind: "past" }
  | { readonly kind: "too_many" };

/** Creates a key; its text is returned here and kept nowhere. */
export async function createApiKey(deps: Deps, wanted: WantedKey): Promise<KeyCreated> {
  const now = deps.now();
  if (wanted.expires !== null && wanted.expires <= now) return { kind: "past" };
  const key = keyOf(deps.randomBytes(secretBytes));
  const { hash, prefix } = await digestOf(key);
  const created_by = deps.principal?.creator ?? null;
  const row = { id: deps.newId(), created: now, ...wanted, hash, prefix, last_used: null, created_by, revoked: null };
  deps.db.about({ id: row.id, name: row.name });
  if (!(await createKey(deps.db, row))) return { kind: "too_many" };
  deps.keys.created();
  return { kind: "created", row, key };
}

/** Revokes a key, from now on in this isolate and within a minute in others; returns false where there is none. */
export async function revokeApiKey({ db, keys, now }: Deps, id: string): Promise<boolean> {
  try {
    return await revokeKey(db, id, now());
  } finally {
    // Also where the answer was lost: the next use asks the database.
    keys.revoked(id);
  }
}
