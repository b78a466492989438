import { formatTime } from "../lib/time.ts";
import type { AuditEntry } from "../schemas/audit.ts";
import type { AuditRow } from "../store/tables/audit.ts";

/** Returns a row of the audit as it stands in answers. */
export const presentAuditEntry = (row: AuditRow): AuditEntry => ({
  id: row.id,
  occurred: formatTime(row.occurred),
  principal: { type: row.principal_type, id: row.principal_id, name: row.principal, role: row.role },
  operation: row.operation,
  object: { kind: row.object_kind, id: row.object_id, name: row.object_name, count: row.object_count },
  request_id: row.request_id,
});
