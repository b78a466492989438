import { configured, type Principal } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import { isAuthorized } from "./credentials.ts";

/** Returns who sends a request with this `Authorization` header, null for nobody that the server knows (root.md "Login"). */
export const authenticate = async (config: Config, header: string | null | undefined): Promise<Principal | null> =>
  (await isAuthorized(config, header)) ? configured : null;
