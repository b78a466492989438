import type { Deps } from "../deps.ts";
import { configured } from "../domain/principal.ts";
import { needsCredentials } from "../http/credentials.ts";
import { type Connection, closeCodes } from "./connection.ts";
import { type Admitted, isStillAdmitted } from "./handshake.ts";

/** How often a socket asks this isolate's memory of keys, in milliseconds; the memory asks the database once a minute. */
const checkIntervalMs = 5_000;

/**
 * Ends the socket of a client whose key is revoked or has expired, and of one that was let in before there were keys. Returns the function
 * that stops it. The holder of the configured credentials is not watched.
 */
export function watchAdmission(connection: Connection, deps: Deps, client: Admitted): () => void {
  if (client.principal === configured && needsCredentials(deps.config)) return () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const check = async () => {
    // The database is unavailable, to the socket's other requests as well: the next check asks again.
    const isAdmitted = await isStillAdmitted(deps, client).catch(() => true);
    if (!isAdmitted) connection.terminate(closeCodes.policyViolation, "Invalid token");
    else if (connection.isOpen()) timer = setTimeout(check, checkIntervalMs);
  };
  timer = setTimeout(check, checkIntervalMs);
  return () => {
    if (timer !== undefined) clearTimeout(timer);
  };
}
