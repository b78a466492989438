import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { lastOf } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { acknowledgeDelivery, firstFree, type Lease } from "../task-run-deliveries.ts";
import { refreshTaskWorker, type Socket } from "../task-workers.ts";
import { type StoredTaskRun, storedTaskRuns, taskRunJoins } from "./rows.ts";

/**
 * Takes the first free delivery of the keys, in their order, for the lease; returns its task run, null if none is free.
 * Whoever takes it again with the same token gets the same. In the same batch the worker's socket is seen, and the delivery that it has
 * acknowledged is acknowledged.
 */
export async function takeDelivery(
  db: Database,
  { socket, acknowledged, lease, now }: { socket: Socket; acknowledged: string | null; lease: Lease; now: Micros },
): Promise<StoredTaskRun | null> {
  // Whatever comes back from here was offered once: it goes first.
  const take = sql`update task_run_delivery set lease_token = ${lease.token}, leased_until = ${lease.until}, holder = ${lease.holder}, retry = 1 where position = coalesce(
        (select position from task_run_delivery where lease_token = ${lease.token}),
        (select f.position from (select k.key, ${firstFree(now)} as position from json_each(${stringifyJson(socket.task_keys)}) k) f
          where f.position is not null order by f.key limit 1))`;
  const read: Sql = sql`select ${storedTaskRuns.columns} from task_run_delivery d join task_run r on r.id = d.task_run_id ${taskRunJoins}
      where d.lease_token = ${lease.token}`;
  const before = [refreshTaskWorker(socket), ...(acknowledged === null ? [] : [acknowledgeDelivery(acknowledged, now)])];
  return storedTaskRuns.first(lastOf(await db.write([...before, take, read])));
}
