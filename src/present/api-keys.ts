import { formatOptionalTime, formatTime } from "../lib/time.ts";
import type { ApiKey } from "../schemas/api-keys.ts";
import type { ApiKeyRow } from "../store/tables/api-keys.ts";
import { presentCreator } from "./creators.ts";

/** Returns a key as it stands in answers: without its hash. */
export const presentApiKey = ({ id, name, role, prefix, ...row }: ApiKeyRow): ApiKey => ({
  id,
  created: formatTime(row.created),
  name,
  role,
  prefix,
  expires: formatOptionalTime(row.expires),
  last_used: formatOptionalTime(row.last_used),
  created_by: presentCreator(row.created_by),
  revoked: formatOptionalTime(row.revoked),
});
