import { rowMapper } from "../sql/rows.ts";
import { cleanupMessage } from "../tables/cleanup-messages.ts";

/** The rows of cleanup messages. */
export const messages = rowMapper(cleanupMessage);
