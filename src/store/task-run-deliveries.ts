import { finalTypes } from "../domain/states.ts";
import { stringifyJson } from "../schemas/json.ts";
import type { Micros } from "../schemas/time.ts";
import type { Database, ResultSet, Sql } from "./client.ts";
import type { Guard } from "./events.ts";
import { lastOf } from "./rows.ts";
import { raw, sql } from "./sql/tag.ts";
import { readStoredTaskRuns, type StoredTaskRun, taskRunColumns, taskRunJoins } from "./task-runs/select.ts";

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
  const ids = stringifyJson(task_run_ids);
  const isOne = "task_run_id in (select value from json_each(?))";
  const run = "select 1 from task_run r where r.id = task_run_delivery.task_run_id";
  return [
    {
      sql: `delete from task_run_delivery where ${isOne} and exists (${run} and (r.state_type in ${over}
        or (r.state_type <> 'SCHEDULED' and acknowledged is null and lease_token is null)))`,
      args: [ids],
    },
    // Its acknowledgement is still on its way, or went with the socket.
    {
      sql: `update task_run_delivery set acknowledged = ?, lease_token = null, leased_until = null
        where ${isOne} and acknowledged is null and exists (${run} and r.state_type <> 'SCHEDULED')`,
      args: [now, ids],
    },
  ];
}

const over = `(${finalTypes.map((type) => `'${type}'`).join(", ")})`;

/** A condition on the delivery `d`: nobody has it. It takes the time of now. */
const isFree = "d.acknowledged is null and (d.leased_until is null or d.leased_until <= ?)";

const firstFree = `(select d.position from task_run_delivery d where d.task_key = k.value and ${isFree}
  order by d.retry desc, d.position limit 1)`;

const mostFree = 100;

/** Returns the statement that counts the free deliveries of these keys, up to a hundred. */
export const seekDelivery = (task_keys: readonly string[], now: Micros): Sql => ({
  sql: `select count(*) from (select 1 from json_each(?) k join task_run_delivery d on d.task_key = k.value where ${isFree} limit ?)`,
  args: [stringifyJson(task_keys), now, mostFree],
});

/** Someone's hold on a delivery, until it is acknowledged or the time is over. */
export interface Lease {
  readonly token: string;
  readonly until: Micros;
  /** The identifier of the task worker. */
  readonly holder: string;
}

/**
 * Takes the first free delivery of the keys, in their order, for the lease; returns its task run, null if none is free.
 * Whoever takes it again with the same token gets the same. `before` are statements of the same batch, ahead of it.
 */
export async function takeDelivery(
  db: Database,
  { task_keys, lease, now, before }: { task_keys: readonly string[]; lease: Lease; now: Micros; before: readonly Sql[] },
): Promise<StoredTaskRun | null> {
  // Whatever comes back from here was offered once: it goes first.
  const take: Sql = {
    sql: `update task_run_delivery set lease_token = ?, leased_until = ?, holder = ?, retry = 1 where position = coalesce(
        (select position from task_run_delivery where lease_token = ?),
        (select f.position from (select k.key, ${firstFree} as position from json_each(?) k) f
          where f.position is not null order by f.key limit 1))`,
    args: [lease.token, lease.until, lease.holder, lease.token, now, stringifyJson(task_keys)],
  };
  const read: Sql = sql`select ${raw(taskRunColumns)} from task_run_delivery d join task_run r on r.id = d.task_run_id ${raw(taskRunJoins)}
      where d.lease_token = ${lease.token}`;
  return readStoredTaskRuns(lastOf(await db.write([...before, take, read])))[0] ?? null;
}

/** Returns the statement by which a delivery is acknowledged: its holder has it until the run is over. */
export const acknowledgeDelivery = (token: string, now: Micros): Sql =>
  sql`update task_run_delivery set acknowledged = ${now}, lease_token = null, leased_until = null where lease_token = ${token}`;

/** Returns the statement by which a delivery is done for good. */
export const completeDelivery = (token: string): Sql => sql`delete from task_run_delivery where lease_token = ${token}`;

/** Returns the statement by which a delivery is kept for longer. */
export const renewDelivery = ({ token, until }: Pick<Lease, "token" | "until">): Sql =>
  sql`update task_run_delivery set leased_until = ${until} where lease_token = ${token}`;

/** Returns the statement that lets somebody else have a delivery. */
export const releaseDelivery = (token: string): Sql =>
  sql`update task_run_delivery set lease_token = null, leased_until = null where lease_token = ${token}`;

/** Returns how many free deliveries a `seekDelivery` statement found. */
export const readFree = (result: ResultSet | undefined): number => Number(result?.rows[0]?.[0] ?? 0);

/** A task run whose task worker went away before it was over. */
export interface AbandonedTaskRun {
  readonly task_run_id: string;
  readonly state_id: string | null;
  /** Where its parameters are. */
  readonly task_parameters_id: string | null;
}

/**
 * Returns the statement that finds abandoned task runs of these keys: the last socket of their holder broke before one time, and none was
 * seen since another. Those that were given anew so many times already (their states have the message) are left out.
 */
export const selectAbandoned = (
  task_keys: readonly string[],
  { broken, seen, message, times, limit }: { broken: Micros; seen: Micros; message: string; times: number; limit: number },
): Sql => sql`select r.id, r.state_id, (select s.state_details ->> '$.task_parameters_id' from task_run_state s
      where s.task_run_id = r.id and s.state_details ->> '$.task_parameters_id' is not null order by s.timestamp desc limit 1)
    from json_each(${stringifyJson(task_keys)}) k join task_run_delivery d on d.task_key = k.value and d.acknowledged is not null
      join task_run r on r.id = d.task_run_id
    where r.state_type not in ${raw(over)}
      and (select w.lost from task_worker w where w.identifier = d.holder order by w.id desc limit 1) <= ${broken}
      and not exists (select 1 from task_worker w where w.identifier = d.holder and w.lost is null and w.last_seen > ${seen})
      and (select count(*) from task_run_state s where s.task_run_id = r.id and s.message = ${message}) < ${times}
    order by d.position limit ${limit}`;

/** Returns the task runs that a `selectAbandoned` statement found. */
export const readAbandoned = (result: ResultSet | undefined): AbandonedTaskRun[] =>
  (result?.rows ?? []).map((row) => ({
    task_run_id: String(row[0]),
    state_id: textOrNull(row[1]),
    task_parameters_id: textOrNull(row[2]),
  }));

const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
