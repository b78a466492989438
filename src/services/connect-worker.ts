import { checkTemplateDefaults } from "../domain/parameters/job-templates.ts";
import type { Sources, Stamps } from "../domain/surroundings.ts";
import type { ChannelCloseReason } from "../domain/worker-channel/closes.ts";
import { isJsonObject } from "../lib/json.ts";
import { checkBaseJobTemplate } from "../schemas/job-templates.ts";
import { workPoolCreate } from "../schemas/work-pools.ts";
import type { WorkerHello } from "../schemas/worker-channel.ts";
import type { Database } from "../store/client.ts";
import type { StoredWorkPool } from "../store/work-pools/rows.ts";
import { loadPoolForWorker, type QueueOfPool } from "../store/worker-channel/read.ts";
import { heartbeatPool } from "../store/workers/write.ts";
import { makeWorkPool } from "./create-work-pool.ts";
import { loadBlocks } from "./load-blocks.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";
import { updateWorkPool } from "./update-work-pool.ts";

/** A worker that may work, with its pool and the queues that it serves; or why it may not. */
export type Connected =
  | { readonly kind: "connected"; readonly pool: StoredWorkPool; readonly queues: readonly QueueOfPool[] }
  | { readonly kind: "refused"; readonly reason: ChannelCloseReason };

const refused = (reason: ChannelCloseReason): Connected => ({ kind: "refused", reason });

/**
 * Connects a worker to its pool (`prefect/server/api/workers.py worker_channel_connect`): creates the pool if it is missing and
 * the worker requests it, replaces an empty job template by the worker's, records the heartbeat. Two round trips for a complete pool.
 */
export async function connectWorker(
  { db, ...stamps }: Sources & { readonly db: Database },
  name: string,
  hello: WorkerHello,
): Promise<Connected> {
  return untilCommitted(stamps, async () => {
    const loaded = await loadPoolForWorker(db, name);
    if (loaded === null) {
      const refusal = await createPool(db, name, hello, stamps);
      if (refusal !== null) return refused(refusal);
      // Made here or by another worker: from now on it is a pool like any other.
      return changedMeanwhile;
    }
    const queues = chooseQueues(loaded.queues, hello.work_queue_names);
    if (queues === null) return refused("authorization_failed");
    if (!(await completeTemplate(db, loaded.pool, hello, stamps))) return refused("protocol_error");
    const { worker_name, heartbeat_interval_seconds } = hello;
    const pool = await heartbeatPool(db, { work_pool_name: name, name: worker_name, heartbeat_interval_seconds }, stamps);
    return pool === null ? changedMeanwhile : { kind: "connected", pool, queues };
  });
}

/** Returns the named queues in their order, all where none is named; null where one does not exist. */
function chooseQueues(queues: readonly QueueOfPool[], names: readonly string[]): QueueOfPool[] | null {
  if (names.length === 0) return [...queues];
  const chosen = [...new Set(names)].map((name) => queues.find((queue) => queue.name === name));
  const there = chosen.filter((queue) => queue !== undefined);
  return there.length === chosen.length ? there : null;
}

const defaultQueue = "default";

async function createPool(db: Database, name: string, hello: WorkerHello, stamps: Stamps): Promise<ChannelCloseReason | null> {
  const { create_pool_if_not_found, default_base_job_template, worker_type, work_queue_names } = hello;
  const isWelcome = create_pool_if_not_found && !name.toLowerCase().startsWith("prefect");
  if (!isWelcome || work_queue_names.some((queue) => queue !== defaultQueue)) return "authorization_failed";
  const create = workPoolCreate.safeParse({ name, type: worker_type, base_job_template: default_base_job_template });
  if (!create.success) return "protocol_error";
  // The heartbeat that follows makes the pool READY: the first status event is that one
  // (`prefect/server/api/workers.py _resolve_worker_channel_work_pool`).
  const made = await makeWorkPool(db, create.data, { ...stamps, tellsStatus: false });
  return made.kind === "created" || made.kind === "name_taken" ? null : "protocol_error";
}

const isEmpty = (value: unknown): boolean => !isJsonObject(value) || Object.keys(value).length === 0;

/** Gives a pool without a job template the worker's; returns false where that one is not valid. */
async function completeTemplate(db: Database, { row }: StoredWorkPool, hello: WorkerHello, stamps: Sources): Promise<boolean> {
  const template = hello.default_base_job_template;
  if (!isEmpty(row.base_job_template) || isEmpty(template)) return true;
  if (!checkBaseJobTemplate(template).ok || !checkTemplateDefaults(template, await loadBlocks(db, template)).ok) return false;
  await updateWorkPool(db, row.name, { base_job_template: template }, stamps);
  return true;
}
