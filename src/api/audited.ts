import type { Deps } from "../deps.ts";
import { actorOf, objectInPath, requestIdOf } from "../domain/audit.ts";
import type { Audited } from "../http/router.ts";
import { auditedDatabase } from "../store/audit/write.ts";

/** Returns the dependencies of an operation's handler: where its declaration says so, the audit tells what it writes. */
export function audited(deps: Deps, { operation, request, params }: Parameters<Audited>[1]): ReturnType<Audited> {
  const { audited: kind, method, path } = operation;
  if (kind === undefined || kind === false) return { deps, end: () => undefined };
  const id = deps.newId();
  const requestId = requestIdOf(request.headers) ?? id;
  const entry = {
    id,
    actor: actorOf(deps.principal),
    operation: `${method} ${path}`,
    kind,
    object: objectInPath(params),
    request_id: requestId,
  };
  const db = auditedDatabase(deps.db, entry, deps.now);
  return { deps: { ...deps, db }, requestId, end: db.end };
}
