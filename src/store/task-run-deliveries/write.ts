import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { readCount } from "../sql/rows.ts";
import { type Guard, raw, sql } from "../sql/tag.ts";
import type { Socket } from "../task-workers/rows.ts";
import { refreshTaskWorker, refreshTaskWorkers } from "../task-workers/write.ts";
import { type AbandonedTaskRun, type Abandonment, abandoned, countFree, finalStateTypes, selectAbandoned } from "./read.ts";

interface Waiting {
  readonly task_run_id: string;
  readonly task_key: string;
  /** Delivered before task runs that are queued for the first time. */
  readonly retry: boolean;
}

/** Returns the statement that queues a task run for a task worker, if the guard holds. */
export const enqueueDelivery = ({ task_run_id, task_key, retry }: Waiting, guard: Guard): Sql =>
  sql`insert into task_run_delivery (task_run_id, task_key, retry) select ${task_run_id}, ${task_key}, ${retry ? 1 : 0} where ${guard}`;

/** Returns the statement that removes a task run's delivery, if the guard holds: its state has changed. */
export const withdrawDelivery = (task_run_id: string, guard: Guard): Sql =>
  sql`delete from task_run_delivery where task_run_id = ${task_run_id} and ${guard}`;

/**
 * Returns the statements that update deliveries after their task runs changed: those of runs that ended, or that were started
 * without a delivery, are deleted.
 */
export function settleDeliveries(task_run_ids: readonly string[], now: Micros): Sql[] {
  const isOne = sql`task_run_id in (select value from json_each(${stringifyJson(task_run_ids)}))`;
  const run = raw("select 1 from task_run r where r.id = task_run_delivery.task_run_id");
  return [
    sql`delete from task_run_delivery where ${isOne} and exists (${run} and (r.state_type in ${finalStateTypes}
        or (r.state_type <> 'SCHEDULED' and acknowledged is null and lease_token is null)))`,
    // The acknowledgement has not arrived yet, or was lost with the socket.
    sql`update task_run_delivery set acknowledged = ${now}, lease_token = null, leased_until = null
        where ${isOne} and acknowledged is null and exists (${run} and r.state_type <> 'SCHEDULED')`,
  ];
}

/** A worker's lease on a delivery, until it is acknowledged or expires. */
export interface Lease {
  readonly token: string;
  readonly until: Micros;
  /** The identifier of the task worker. */
  readonly holder: string;
}

/** Returns the statement that acknowledges a delivery: it stays with its worker until the run ends. */
export const acknowledgeDelivery = (token: string, now: Micros): Sql =>
  sql`update task_run_delivery set acknowledged = ${now}, lease_token = null, leased_until = null where lease_token = ${token}`;

/** The outcome of a delivery: acknowledged, completed, or free again. */
export type Settlement = "acknowledged" | "completed" | "released";

const settlements: Record<Settlement, (token: string, now: Micros) => Sql> = {
  acknowledged: acknowledgeDelivery,
  completed: (token) => sql`delete from task_run_delivery where lease_token = ${token}`,
  released: (token) => sql`update task_run_delivery set lease_token = null, leased_until = null where lease_token = ${token}`,
};

/** Ends a lease on a delivery. */
export async function settleDelivery(db: Database, token: string, settlement: Settlement, now: Micros): Promise<void> {
  await db.execute(settlements[settlement](token, now));
}

/** Renews a delivery's lease and refreshes the worker's socket. */
export async function renewDelivery(
  db: Database,
  { token, until }: Pick<Lease, "token" | "until">,
  socket: Socket,
): Promise<void> {
  await db.write([
    sql`update task_run_delivery set leased_until = ${until} where lease_token = ${token}`,
    refreshTaskWorker(socket),
  ]);
}

/** Refreshes sockets; returns the number of free deliveries and the abandoned task runs. One round trip. */
export async function refreshSocketsAndCount(
  db: Database,
  sockets: { readonly ids: readonly string[]; readonly task_keys: readonly string[]; readonly abandonment: Abandonment },
  task_keys: readonly string[],
  now: Micros,
): Promise<{ free: number; abandoned: AbandonedTaskRun[] }> {
  const [, free, gone] = await db.write([
    refreshTaskWorkers(sockets.ids, now),
    countFree(task_keys, now),
    selectAbandoned(sockets.task_keys, sockets.abandonment),
  ]);
  return { free: readCount(free), abandoned: abandoned.rows(gone) };
}
