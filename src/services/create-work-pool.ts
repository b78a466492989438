import { checkTemplateDefaults } from "../domain/parameters/job-templates.ts";
import type { Stamps } from "../domain/surroundings.ts";
import type { WorkPoolCreate } from "../schemas/work-pools.ts";
import type { Database } from "../store/client.ts";
import type { StoredWorkPool } from "../store/work-pools/rows.ts";
import { createWorkPool } from "../store/work-pools/write.ts";
import { loadBlocks } from "./load-blocks.ts";

/** What became of a pool that was to be made: `defaults_invalid` carries the text of what its template's defaults lack. */
export type PoolCreation =
  | { readonly kind: "created"; readonly pool: StoredWorkPool }
  | { readonly kind: "name_taken" }
  | { readonly kind: "block_missing"; readonly message: string }
  | { readonly kind: "defaults_invalid"; readonly message: string };

/**
 * Makes a work pool with its default queue. One round trip; a second one before it for templates whose defaults stand
 * for block documents.
 */
export async function makeWorkPool(
  db: Database,
  create: WorkPoolCreate,
  { tellsStatus = true, ...stamps }: Stamps & { readonly tellsStatus?: boolean },
): Promise<PoolCreation> {
  const verdict = checkTemplateDefaults(create.base_job_template, await loadBlocks(db, create.base_job_template));
  if (!verdict.ok) {
    if (verdict.kind === "block") return { kind: "block_missing", message: verdict.message };
    const prefix = verdict.kind === "value" ? "Validation failed for work pool's job variable defaults: " : "";
    return { kind: "defaults_invalid", message: `${prefix}${verdict.message}` };
  }
  const now = stamps.now();
  const row = {
    ...create,
    id: stamps.newId(),
    created: now,
    updated: now,
    status: create.is_paused ? "PAUSED" : "NOT_READY",
    default_queue_id: stamps.newId(),
    last_status_event_id: null,
    last_status_event_time: null,
  };
  db.about({ id: row.id, name: row.name });
  if (!(await createWorkPool(db, row, { ...stamps, tellsStatus }))) return { kind: "name_taken" };
  return {
    kind: "created",
    pool: { row, active_slots: create.concurrency_limit === null ? null : 0, online_until: null },
  };
}
