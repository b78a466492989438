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
  /** Goes ahead of those that wait for the first time. */
  readonly retry: boolean;
}

/** Returns the statement that lets a task run wait for a task worker where the guard holds. */
export const enqueueDelivery = ({ task_run_id, task_key, retry }: Waiting, guard: Guard): Sql =>
  sql`insert into task_run_delivery (task_run_id, task_key, retry) select ${task_run_id}, ${task_key}, ${retry ? 1 : 0} where ${guard}`;

/** Returns the statement that takes a task run's delivery back where the guard holds: its state is a new one. */
export const withdrawDelivery = (task_run_id: string, guard: Guard): Sql =>
  sql`delete from task_run_delivery where task_run_id = ${task_run_id} and ${guard}`;

/** Returns the statements that bring the deliveries of task runs in line with their rows: what is over or was started by nobody known goes. */
export function settleDeliveries(task_run_ids: readonly string[], now: Micros): Sql[] {
  const isOne = sql`task_run_id in (select value from json_each(${stringifyJson(task_run_ids)}))`;
  const run = raw("select 1 from task_run r where r.id = task_run_delivery.task_run_id");
  return [
    sql`delete from task_run_delivery where ${isOne} and exists (${run} and (r.state_type in ${isFinal}
        or (r.state_type <> 'SCHEDULED' and acknowledged is null and lease_token is null)))`,
    // Its acknowledgement is still on its way, or went with the socket.
    sql`update task_run_delivery set acknowledged = ${now}, lease_token = null, leased_until = null
        where ${isOne} and acknowledged is null and exists (${run} and r.state_type <> 'SCHEDULED')`,
  ];
}

const isFinal = raw(`(${finalTypes.map((type) => `'${type}'`).join(", ")})`);

/** A condition on the delivery `d`: nobody has it. */
const isFree = (now: Micros): Sql => sql`d.acknowledged is null and (d.leased_until is null or d.leased_until <= ${now})`;

/** The expression for the place of the first free delivery of the key `k`; null where there is none. */
export const firstFree = (
  now: Micros,
): Sql => sql`(select d.position from task_run_delivery d where d.task_key = k.value and ${isFree(now)}
  order by d.retry desc, d.position limit 1)`;

const maximumCounted = 100;

const countFree = (task_keys: readonly string[], now: Micros): Sql =>
  sql`select count(*) from (select 1 from json_each(${stringifyJson(task_keys)}) k join task_run_delivery d on d.task_key = k.value where ${isFree(now)} limit ${maximumCounted})`;

/** Returns how many deliveries of these keys are free, up to a hundred. */
export const countFreeDeliveries = async (db: Database, task_keys: readonly string[], now: Micros): Promise<number> =>
  readCount(await db.execute(countFree(task_keys, now)));

/** Someone's hold on a delivery, until it is acknowledged or the time is over. */
export interface Lease {
  readonly token: string;
  readonly until: Micros;
  /** The identifier of the task worker. */
  readonly holder: string;
}

/** Returns the statement that acknowledges a delivery: its holder has it until the run is over. */
export const acknowledgeDelivery = (token: string, now: Micros): Sql =>
  sql`update task_run_delivery set acknowledged = ${now}, lease_token = null, leased_until = null where lease_token = ${token}`;

/** What becomes of a delivery: it is acknowledged, done for good, or free for somebody else. */
export type Settlement = "acknowledged" | "completed" | "released";

const settlements: Record<Settlement, (token: string, now: Micros) => Sql> = {
  acknowledged: acknowledgeDelivery,
  completed: (token) => sql`delete from task_run_delivery where lease_token = ${token}`,
  released: (token) => sql`update task_run_delivery set lease_token = null, leased_until = null where lease_token = ${token}`,
};

/** Ends someone's hold on a delivery. */
export async function settleDelivery(db: Database, token: string, settlement: Settlement, now: Micros): Promise<void> {
  await db.execute(settlements[settlement](token, now));
}

/** Keeps a delivery for longer, and notes that the worker's socket is there. */
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

/** A task run whose task worker went away before it was over. */
export interface AbandonedTaskRun {
  readonly task_run_id: string;
  readonly state_id: string | null;
  /** Where its parameters are. */
  readonly task_parameters_id: string | null;
}

const abandoned = selection({
  task_run_id: text("r.id"),
  state_id: textOrNull("r.state_id"),
  task_parameters_id: textOrNull(`(select s.state_details ->> '$.task_parameters_id' from task_run_state s
      where s.task_run_id = r.id and s.state_details ->> '$.task_parameters_id' is not null order by s.timestamp desc limit 1)`),
});

/**
 * Which task runs count as abandoned: the last socket of their holder broke before one time, and none was seen since another. Those that
 * were given anew so many times already (their states have the message) are left out.
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
    where r.state_type not in ${isFinal}
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

/** Notes that sockets are there; returns how many deliveries are free and which task runs were abandoned. One round trip. */
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
