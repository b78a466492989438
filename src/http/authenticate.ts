import { configured, type Principal } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import { isAuthorized } from "./credentials.ts";

/**
 * Returns the sender of a request with this `Authorization` header, null for wrong credentials (`prefect/server/api/server.py
 * token_validation`).
 */
export const authenticate = async (config: Config, header: string | null | undefined): Promise<Principal | null> =>
  (await isAuthorized(config, header)) ? configured : null;
