import type { JsonObject } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { limitsAt } from "../concurrency-limits/rows.ts";
import { selectDeployment } from "../deployments/rows.ts";
import { selectFlowRun } from "../flow-runs/read.ts";
import { storedFlowRuns } from "../flow-runs/rows.ts";
import { flows, selectFlow } from "../flows/rows.ts";
import { sql } from "../sql/tag.ts";
import { storedTaskRuns, taskRunJoins } from "../task-runs/rows.ts";
import { readVariableValues, selectVariableValues } from "../variables/facts.ts";
import { storedPools } from "../work-pools/rows.ts";
import { readSelectedWorkQueue, selectWorkQueue } from "../work-queues/rows.ts";

type Readers = typeof readers;
export type ObjectKind = keyof Readers;

/** The rows of objects that templates name, null where there is none. */
export type NamedObjects = { readonly [Kind in ObjectKind]?: ReturnType<ReturnType<Readers[Kind]>["read"]> };

const reader = <T>(statement: Sql, read: (result: ResultSet | undefined) => T) => ({ statement, read });

const readers = {
  flow_run: (id: string) => reader(selectFlowRun(id), storedFlowRuns.first),
  task_run: (id: string) =>
    reader(sql`select ${storedTaskRuns.columns} from task_run r ${taskRunJoins} where r.id = ${id}`, storedTaskRuns.first),
  flow: (id: string) => reader(sql`${selectFlow} where f.id = ${id}`, flows.first),
  deployment: (id: string, now: Micros) => {
    const { statement, first } = selectDeployment(id, now);
    return reader(statement, first);
  },
  work_pool: (id: string) => reader(sql`select ${storedPools.columns} from work_pool p where p.id = ${id}`, storedPools.first),
  work_queue: (id: string) => reader(selectWorkQueue({ id }, "for_queues"), readSelectedWorkQueue),
  concurrency_limit: (id: string, now: Micros) => {
    const found = limitsAt("l", now);
    return reader(sql`select ${found.columns} from concurrency_limit l where l.id = ${id}`, found.first);
  },
};

const mostVariables = 1000;

/** What a template needs of the database. */
export interface Needed {
  readonly ids: { readonly [Kind in ObjectKind]?: string };
  /** Variables by name, or all of them. */
  readonly variables: readonly string[];
  readonly allVariables: boolean;
}

export interface Loaded {
  readonly objects: NamedObjects;
  readonly variables: ReadonlyMap<string, unknown>;
  readonly allVariables: JsonObject;
}

/** Returns what a template needs. One round trip, none for nothing. */
export async function loadNamedObjects(db: Database, { ids, variables, allVariables }: Needed, now: Micros): Promise<Loaded> {
  const kinds = (["flow_run", "task_run", "flow", "deployment", "work_pool", "work_queue", "concurrency_limit"] as const).filter(
    (kind) => ids[kind] !== undefined,
  );
  const made = kinds.map((kind) => readers[kind](ids[kind] ?? "", now));
  const statements = made.map(({ statement }) => statement);
  if (variables.length > 0) statements.push(selectVariableValues({ names: variables, all: false }));
  if (allVariables) statements.push(sql`select name, value from variable order by name, id limit ${mostVariables}`);
  if (statements.length === 0) return { objects: {}, variables: new Map(), allVariables: {} };
  const results = await db.read(statements);
  const found = kinds.map((kind, place) => [kind, made[place]?.read(results[place])] as const);
  const named = variables.length > 0 ? results[kinds.length] : undefined;
  const every = allVariables ? results.at(-1) : undefined;
  return {
    // Each kind with what its own reader has read.
    objects: Object.fromEntries(found) as NamedObjects,
    variables: readVariableValues(named),
    allVariables: Object.fromEntries(readVariableValues(every)),
  };
}
