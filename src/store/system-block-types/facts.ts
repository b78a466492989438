import type { ResultSet } from "../client.ts";
import { rowMapper } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { configuration } from "../tables/configuration.ts";

/** The key of the configuration that says which system block types were stored last. */
export const installedKey = "system_block_types";

/** The rows of configurations. */
export const configurations = rowMapper(configuration);

/** The statement that tells which system block types were stored last; read beside what may need them. */
export const selectInstalled = sql`select ${configurations.columns("c")} from configuration c where c.key = ${installedKey}`;

/** Returns what `selectInstalled` found: the mark of the installation, null before the first. */
export const readInstalled = (result: ResultSet | undefined): unknown => configurations.first(result)?.value ?? null;
