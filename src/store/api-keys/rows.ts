import { rowMapper } from "../sql/rows.ts";
import { apiKey } from "../tables/api-keys.ts";

/** The rows of API keys. */
export const apiKeys = rowMapper(apiKey);
