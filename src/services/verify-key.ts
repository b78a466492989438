import type { Deps } from "../deps.ts";
import { hasExpired, type LiveKey, principalOfKey, readKey } from "../domain/api-key.ts";
import type { Principal } from "../domain/principal.ts";
import { digestOf } from "../lib/secret-key.ts";
import { fromSecondsDuration, type Micros } from "../lib/time.ts";
import { findLiveKey, hasKeys } from "../store/api-keys/read.ts";
import { touchKey } from "../store/api-keys/write.ts";
import { DatabaseUnavailable } from "../store/client.ts";

/** How often at most the last use of a key is written. */
const useInterval = fromSecondsDuration(60);

/**
 * Returns the holder of the key in a sent text, `key` or `name:key`; null for a text that is no key, and for a key that is revoked, has
 * expired or another name. No round trip for what this isolate verified in the last minute. Throws DatabaseUnavailable when too many
 * unknown keys were sent at once.
 */
export async function verifyKey(deps: Deps, text: string): Promise<Principal | null> {
  const sent = readKey(text);
  if (sent === null) return null;
  const { hash } = await digestOf(sent.key);
  const now = deps.now();
  const known = deps.keys.find(hash, now);
  const key = known === undefined ? await lookUp(deps, hash, now) : known;
  if (key === null || (sent.name !== null && sent.name !== key.name)) return null;
  return principalOfKey(key);
}

async function lookUp(deps: Deps, hash: string, now: Micros): Promise<LiveKey | null> {
  const { keys, db } = deps;
  if (!keys.takeLookup(hash, now)) throw new DatabaseUnavailable("too many unknown keys");
  const generation = keys.generation();
  const key = await findLiveKey(db, hash);
  keys.remember(hash, key, { now, generation });
  if (key === null || hasExpired(key, now)) return null;
  if ((key.last_used ?? 0) <= now - useInterval) writeUse(deps, key.id, now);
  return key;
}

function writeUse({ db, log, waitUntil }: Deps, id: string, now: Micros): void {
  waitUntil(
    touchKey(db, id, now, useInterval).catch((error) => log("warn", { event: "key use not stored", error: String(error) })),
  );
}

/** Returns whether the database has keys, as this isolate knew within the last minute: then nobody may enter without one. */
export async function keysExist({ keys, db, now }: Deps): Promise<boolean> {
  const asked = { now: now(), generation: keys.generation() };
  const known = keys.exist(asked.now);
  if (known !== undefined) return known;
  const exist = await hasKeys(db);
  keys.rememberExistence(exist, asked);
  return exist;
}
