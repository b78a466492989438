import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { lastOf } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { firstFree } from "../task-run-deliveries/read.ts";
import { acknowledgeDelivery, type Lease } from "../task-run-deliveries/write.ts";
import type { Socket } from "../task-workers/rows.ts";
import { refreshTaskWorker } from "../task-workers/write.ts";
import { type StoredTaskRun, storedTaskRuns, taskRunJoins } from "./rows.ts";

/**
 * Leases the first free delivery of the keys, in their order; returns its task run, null if none is free. Idempotent by token.
 * The same batch refreshes the worker's socket and acknowledges its previous delivery.
 */
export async function takeDelivery(
  db: Database,
  { socket, acknowledged, lease, now }: { socket: Socket; acknowledged: string | null; lease: Lease; now: Micros },
): Promise<StoredTaskRun | null> {
  // A delivery that becomes free again was sent once already: it is delivered first.
  const take = sql`update task_run_delivery set lease_token = ${lease.token}, leased_until = ${lease.until}, holder = ${lease.holder}, retry = 1 where position = coalesce(
        (select position from task_run_delivery where lease_token = ${lease.token}),
        (select f.position from (select k.key, ${firstFree(now)} as position from json_each(${stringifyJson(socket.task_keys)}) k) f
          where f.position is not null order by f.key limit 1))`;
  const read: Sql = sql`select ${storedTaskRuns.columns} from task_run_delivery d join task_run r on r.id = d.task_run_id ${taskRunJoins}
      where d.lease_token = ${lease.token}`;
  const before = [refreshTaskWorker(socket), ...(acknowledged === null ? [] : [acknowledgeDelivery(acknowledged, now)])];
  return storedTaskRuns.first(lastOf(await db.write([...before, take, read])));
}
