import { anonymous, configured, type Principal } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import { areConfigured, type Credentials, needsCredentials } from "./credentials.ts";

/** The API keys of a database. */
export interface Keys {
  /** Returns whether there are any. */
  exist(): Promise<boolean>;
  /** Returns the holder of the key in a text, `key` or `name:key`; null for none. */
  holderOf(text: string): Promise<Principal | null>;
}

/** Returns whether anybody may enter: no credentials are configured, and there are no keys. */
export const isOpen = async (config: Config, keys: Keys): Promise<boolean> => !needsCredentials(config) && !(await keys.exist());

/**
 * Returns the sender of a request with these credentials, null for wrong ones: the configured credentials or an API key. At an open server
 * everybody may do what these may.
 */
export async function authenticate(config: Config, given: Credentials | null, keys: Keys): Promise<Principal | null> {
  if (await isOpen(config, keys)) return anonymous;
  if (given === null) return null;
  return (await areConfigured(config, given)) ? configured : keys.holderOf(given.secret);
}
