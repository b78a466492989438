import { finalTypes } from "../domain/states.ts";
import { stringifyJson } from "../lib/json.ts";
import type { Micros } from "../lib/time.ts";
import type { Database, Sql } from "./client.ts";
import { readCount } from "./sql/rows.ts";
import { selection, text, textOrNull } from "./sql/selection.ts";
import { type Guard, raw, sql } from "./sql/tag.ts";
import { refreshTaskWorker, refreshTaskWorkers, type Socket } from "./task-workers.ts";

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

const finalStateTypes = raw(`(${finalTypes.map((type) => `'${type}'`).join(", ")})`);

/** The condition that the delivery `d` is neither leased nor acknowledged. */
const isFree = (now: Micros): Sql => sql`d.acknowledged is null and (d.leased_until is null or d.leased_until <= ${now})`;

/** The expression for the position of the first free delivery of the key `k`; null where there is none. */
export const firstFree = (
  now: Micros,
): Sql => sql`(select d.position from task_run_delivery d where d.task_key = k.value and ${isFree(now)}
  order by d.retry desc, d.position limit 1)`;

const maximumCounted = 100;

const countFree = (task_keys: readonly string[], now: Micros): Sql =>
  sql`select count(*) from (select 1 from json_each(${stringifyJson(task_keys)}) k join task_run_delivery d on d.task_key = k.value where ${isFree(now)} limit ${maximumCounted})`;

/** Returns the number of free deliveries of these keys, up to a hundred. */
export const countFreeDeliveries = async (db: Database, task_keys: readonly string[], now: Micros): Promise<number> =>
  readCount(await db.execute(countFree(task_keys, now)));

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

/** A task run that has not ended and whose task worker is gone. */
export interface AbandonedTaskRun {
  readonly task_run_id: string;
  readonly state_id: string | null;
  /** The id under which its parameters are stored. */
  readonly task_parameters_id: string | null;
}

const abandoned = selection({
  task_run_id: text("r.id"),
  state_id: textOrNull("r.state_id"),
  task_parameters_id: textOrNull(`(select s.state_details ->> '$.task_parameters_id' from task_run_state s
      where s.task_run_id = r.id and s.state_details ->> '$.task_parameters_id' is not null order by s.timestamp desc limit 1)`),
});

/**
 * Which task runs are abandoned: the last socket of their worker broke before `broken`, and none was refreshed since `seen`. Runs
 * that were delivered again `times` times already (counted by the message of their states) are left out.
 */
export interface Abandonment {
  readonly broken: Micros;
  readonly seen: Micros;
  readonly message: string;
  readonly times: number;
  readonly limit: number;
}

const selectAbandoned = (
  task_keys: readonly string[],
  { broken, seen, message, times, limit }: Abandonment,
): Sql => sql`select ${abandoned.columns}
    from json_each(${stringifyJson(task_keys)}) k join task_run_delivery d on d.task_key = k.value and d.acknowledged is not null
      join task_run r on r.id = d.task_run_id
    where r.state_type not in ${finalStateTypes}
      and (select w.lost from task_worker w where w.identifier = d.holder order by w.id desc limit 1) <= ${broken}
      and not exists (select 1 from task_worker w where w.identifier = d.holder and w.lost is null and w.last_seen > ${seen})
      and (select count(*) from task_run_state s where s.task_run_id = r.id and s.message = ${message}) < ${times}
    order by d.position limit ${limit}`;

/** Returns the abandoned task runs of these keys. */
export const readAbandoned = async (
  db: Database,
  task_keys: readonly string[],
  abandonment: Abandonment,
): Promise<AbandonedTaskRun[]> => abandoned.rows(await db.execute(selectAbandoned(task_keys, abandonment)));

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
