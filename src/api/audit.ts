import * as z from "zod";
import { operation } from "../http/operation.ts";
import { presentAuditEntry } from "../present/audit.ts";
import { auditEntry, auditList } from "../schemas/audit.ts";
import { listAudit } from "../store/audit/read.ts";

export const auditOperations = [
  operation({
    method: "POST",
    path: "/audit/filter",
    tag: "Admin",
    scope: "see_audit",
    summary: "Read Audit",
    body: auditList,
    bodyRequired: false,
    response: z.array(auditEntry),
    handle: async ({ body, deps }) => (await listAudit(deps.db, body)).map(presentAuditEntry),
  }),
];
