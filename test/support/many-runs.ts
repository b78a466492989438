import type { Database, Sql } from "../../src/store/client.ts";

export interface ManyRuns {
  readonly flow_id: string;
  readonly runs: number;
  /** How many task runs each run has. */
  readonly tasks?: number;
  /** How many lines each run has logged. */
  readonly logs?: number;
  /** When the first run ended, in microseconds; each further one a second later. */
  readonly ended?: number;
  /** What the ids begin with. */
  readonly prefix?: string;
}

const chunk = 10_000;
const plain = (sql: string): Sql => ({ sql, args: [] });

/** Stores completed runs of a flow with three states and a tag each. */
export async function storeManyRuns(db: Database, many: ManyRuns): Promise<void> {
  const size = Math.ceil(chunk / (1 + (many.tasks ?? 0)));
  for (let from = 0; from < many.runs; from += size) await db.write(statements(many, from, Math.min(from + size, many.runs)));
}

const ended = "'COMPLETED', 'Completed'";

function statements(
  { flow_id, tasks = 0, logs = 0, ended: end = 0, prefix = "run" }: ManyRuns,
  from: number,
  until: number,
): Sql[] {
  const numbers = `with recursive n (i) as (select ${from} union all select i + 1 from n where i < ${until - 1})`;
  const of = (count: number) => `, m (j) as (select 0 union all select j + 1 from m where j < ${count - 1})`;
  const run = `'${prefix}-' || i`;
  const task = `'${prefix}-' || i || '-' || j`;
  const time = `${end} + i * 1000000`;
  const states = (table: string, id: string, rest: string) =>
    plain(`${rest.replace("INTO", `insert into ${table}_state (id, ${table}_id, type, name, timestamp)`)}
      select ${id} || '-' || s.key, ${id}, s.value, s.value, ${time} + s.key from SOURCE, json_each('["PENDING","RUNNING","COMPLETED"]') s`);
  const taskSource = "n cross join m";
  return [
    plain(`insert into flow_run (id, created, updated, name, flow_id, tags, state_id, state_type, state_name, start_time, end_time, expected_start_time, state_timestamp)
      ${numbers} select ${run}, ${time}, ${time}, ${run}, '${flow_id}', '["a"]', ${run} || '-2', ${ended}, ${time}, ${time}, ${time}, ${time} from n`),
    withSource(states("flow_run", run, `INTO ${numbers}`), "n"),
    plain(`insert into flow_run_tag (tag, flow_run_id) ${numbers} select 'a', ${run} from n`),
    ...(tasks === 0
      ? []
      : [
          plain(`insert into task_run (id, created, updated, name, flow_run_id, task_key, dynamic_key, state_id, state_type, state_name, start_time, end_time, expected_start_time)
            ${numbers}${of(tasks)} select ${task}, ${time}, ${time}, 'task', ${run}, 'key', j, ${task} || '-2', ${ended}, ${time}, ${time}, ${time} from ${taskSource}`),
          withSource(states("task_run", task, `INTO ${numbers}${of(tasks)}`), taskSource),
        ]),
    ...(logs === 0
      ? []
      : [
          plain(`insert into log (id, created, name, level, message, timestamp, flow_run_id)
            ${numbers}${of(logs)} select 'log', ${time}, 'log', 20, 'message', ${time}, ${run} from ${taskSource}`),
        ]),
  ];
}

const withSource = ({ sql }: Sql, source: string): Sql => plain(sql.replace("SOURCE", source));

/** Returns how many rows each of these tables has. */
export async function countRows(db: Database, ...tables: readonly string[]): Promise<number[]> {
  const results = await db.read(tables.map((table) => plain(`select count(*) from ${table}`)));
  return results.map(({ rows }) => Number(rows[0]?.[0]));
}
