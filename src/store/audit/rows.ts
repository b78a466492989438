import { rowMapper } from "../sql/rows.ts";
import { audit } from "../tables/audit.ts";

/** The rows of the audit. */
export const auditRows = rowMapper(audit);
