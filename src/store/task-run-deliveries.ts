import { stringifyJson } from "../schemas/json.ts";
import type { Micros } from "../schemas/time.ts";
import type { Database, ResultSet, Sql } from "./client.ts";
import type { Guard } from "./events.ts";
import { lastOf } from "./rows.ts";
import { readStoredTaskRuns, type StoredTaskRun, taskRunColumns, taskRunJoins } from "./task-runs/select.ts";

interface Waiting {
  readonly task_run_id: string;
  readonly task_key: string;
  /** Goes ahead of those that wait for the first time. */
  readonly retry: boolean;
}

/** Returns the statement that lets a task run wait for a task worker where the guard holds. */
export const enqueueDelivery = ({ task_run_id, task_key, retry }: Waiting, guard: Guard): Sql => ({
  sql: `insert into task_run_delivery (task_run_id, task_key, retry) select ?, ?, ? where ${guard.sql}`,
  args: [task_run_id, task_key, retry ? 1 : 0, ...guard.args],
});

/** Returns the statement that takes a task run's delivery back where the guard holds: its state is a new one. */
export const withdrawDelivery = (task_run_id: string, guard: Guard): Sql => ({
  sql: `delete from task_run_delivery where task_run_id = ? and ${guard.sql}`,
  args: [task_run_id, ...guard.args],
});

/** Returns the statement that takes back the deliveries of task runs that are no longer scheduled: they were started. */
export const withdrawStarted = (task_run_ids: readonly string[]): Sql => ({
  sql: `delete from task_run_delivery where task_run_id in (select value from json_each(?))
    and exists (select 1 from task_run r where r.id = task_run_delivery.task_run_id and r.state_type <> 'SCHEDULED')`,
  args: [stringifyJson(task_run_ids)],
});

/** A condition on the delivery `d`: nobody has it. It takes the time of now. */
const isFree = "(d.leased_until is null or d.leased_until <= ?)";

const firstFree = `(select d.position from task_run_delivery d where d.task_key = k.value and ${isFree}
  order by d.retry desc, d.position limit 1)`;

/** Returns the statement that tells whether a delivery of one of these keys is free. */
export const seekDelivery = (task_keys: readonly string[], now: Micros): Sql => ({
  sql: `select exists (select 1 from json_each(?) k join task_run_delivery d on d.task_key = k.value where ${isFree})`,
  args: [stringifyJson(task_keys), now],
});

/** Someone's hold on a delivery, until it is acknowledged or the time is over. */
export interface Lease {
  readonly token: string;
  readonly until: Micros;
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
    sql: `update task_run_delivery set lease_token = ?, leased_until = ?, retry = 1 where position = coalesce(
        (select position from task_run_delivery where lease_token = ?),
        (select f.position from (select k.key, ${firstFree} as position from json_each(?) k) f
          where f.position is not null order by f.key limit 1))`,
    args: [lease.token, lease.until, lease.token, now, stringifyJson(task_keys)],
  };
  const read: Sql = {
    sql: `select ${taskRunColumns} from task_run_delivery d join task_run r on r.id = d.task_run_id ${taskRunJoins}
      where d.lease_token = ?`,
    args: [lease.token],
  };
  return readStoredTaskRuns(lastOf(await db.write([...before, take, read])))[0] ?? null;
}

/** Returns the statement by which a delivery is done. */
export const acknowledgeDelivery = (token: string): Sql => ({
  sql: "delete from task_run_delivery where lease_token = ?",
  args: [token],
});

/** Returns the statement by which a delivery is kept for longer. */
export const renewDelivery = ({ token, until }: Lease): Sql => ({
  sql: "update task_run_delivery set leased_until = ? where lease_token = ?",
  args: [until, token],
});

/** Returns the statement that lets somebody else have a delivery. */
export const releaseDelivery = (token: string): Sql => ({
  sql: "update task_run_delivery set lease_token = null, leased_until = null where lease_token = ?",
  args: [token],
});

/** Tells whether a `seekDelivery` statement found one. */
export const foundDelivery = (result: ResultSet | undefined): boolean => result?.rows[0]?.[0] === 1;
