import { databaseClient } from "./database-client.ts";
import { LocalError } from "./errors.ts";
import { applyMigrations } from "./migrations.ts";
import type { RemoteDatabase } from "./settings.ts";

// What a server says of itself may repeat what it was sent: only what is known to be harmless is passed on.
const refused = /HTTP status 40[13]|unauthori[sz]ed|authenticat|JWT|token/i;

/**
 * Applies missing migrations to a database elsewhere and returns its address. Throws LocalError, without the token or the address's
 * password, where it refuses the credentials or cannot be reached.
 */
export async function migrateRemote({ url, token }: RemoteDatabase): Promise<string> {
  const { host } = new URL(url.replace(/^libsql:/, "https:"));
  const client = databaseClient(url, token);
  try {
    await applyMigrations(client);
    return url;
  } catch (error) {
    if (error instanceof LocalError) throw error;
    const said = error instanceof Error ? `${error.message} ${error.cause ?? ""}` : "";
    if (refused.test(said))
      throw new LocalError(`The database at ${host} refuses these credentials: check TURSO_DATABASE_URL and TURSO_AUTH_TOKEN.`);
    const code = /\bE[A-Z]{4,}\b|HTTP status \d{3}|SQLITE_\w+/.exec(`${said} ${codeOf(error)}`)?.[0];
    throw new LocalError(`The database at ${host} could not be migrated${code ? ` (${code})` : ""}: check TURSO_DATABASE_URL.`);
  } finally {
    client.close();
  }
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);

// An error of the network stands below those of the client and of `fetch`.
function codeOf(error: unknown): string {
  for (let one = error; one !== undefined; one = causeOf(one))
    if (one instanceof Error && "code" in one && typeof one.code === "string" && one.code.startsWith("E")) return one.code;
  return "";
}
