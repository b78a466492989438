import { finalTypes } from "../../domain/states.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { readCount } from "../sql/rows.ts";
import { selection, text, textOrNull } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";

/** The list of the types of final states, for `in`. */
export const finalStateTypes = raw(`(${finalTypes.map((type) => `'${type}'`).join(", ")})`);

/** The condition that the delivery `d` is neither leased nor acknowledged. */
const isFree = (now: Micros): Sql => sql`d.acknowledged is null and (d.leased_until is null or d.leased_until <= ${now})`;

/** The expression for the position of the first free delivery of the key `k`; null where there is none. */
export const firstFree = (
  now: Micros,
): Sql => sql`(select d.position from task_run_delivery d where d.task_key = k.value and ${isFree(now)}
  order by d.retry desc, d.position limit 1)`;

const maximumCounted = 100;

/** The statement that counts the free deliveries of these keys, up to a hundred. */
export const countFree = (task_keys: readonly string[], now: Micros): Sql =>
  sql`select count(*) from (select 1 from json_each(${stringifyJson(task_keys)}) k join task_run_delivery d on d.task_key = k.value where ${isFree(now)} limit ${maximumCounted})`;

/** Returns the number of free deliveries of these keys, up to a hundred. */
export const countFreeDeliveries = async (db: Database, task_keys: readonly string[], now: Micros): Promise<number> =>
  readCount(await db.execute(countFree(task_keys, now)));

/** A task run that has not ended and whose task worker is gone. */
export interface AbandonedTaskRun {
  readonly task_run_id: string;
  readonly state_id: string | null;
  /** The id under which its parameters are stored. */
  readonly task_parameters_id: string | null;
}

/** The selection of abandoned task runs. */
export const abandoned = selection({
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

/** The statement that finds the abandoned task runs of these keys. */
export const selectAbandoned = (
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
