import type { Stamps } from "../domain/surroundings.ts";
import type { Database, ResultSet, Sql } from "../store/client.ts";
import { readInstalled, selectInstalled } from "../store/system-block-types/facts.ts";
import { installBlockTypes } from "../store/system-block-types/write.ts";

type Deps = Stamps & { readonly db: Database };

/** Stores the protected block types; those that are there get their texts back. */
export const installProtectedBlockTypes = (deps: Deps): Promise<void> => installBlockTypes(deps.db, deps, null);

/**
 * Reads something of blocks; where the server's own types were not stored yet by this version and might be what is missing, stores them and
 * reads again. One round trip; three once in the life of a database.
 */
export async function withSystemBlocks<T>(
  deps: Deps,
  version: string,
  read: (beside: Sql) => Promise<{ readonly found: T; readonly beside: ResultSet | undefined }>,
  isMissing: (found: T) => boolean = () => true,
): Promise<T> {
  const { found, beside } = await read(selectInstalled);
  const installed = readInstalled(beside);
  if (installed === version || !isMissing(found)) return found;
  await installBlockTypes(deps.db, deps, version);
  return (await read(selectInstalled)).found;
}
