import type { JsonObject } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { type LimitNow, limitsAt } from "../concurrency-limits/rows.ts";
import { type StoredDeployment, selectDeployment } from "../deployments/rows.ts";
import { selectFlowRun } from "../flow-runs/read.ts";
import { type StoredFlowRun, storedFlowRuns } from "../flow-runs/rows.ts";
import { flows, selectFlow } from "../flows/rows.ts";
import { sql } from "../sql/tag.ts";
import type { FlowRow } from "../tables/flows.ts";
import { type StoredTaskRun, storedTaskRuns, taskRunJoins } from "../task-runs/rows.ts";
import { readVariableValues, selectVariableValues } from "../variables/facts.ts";
import { type StoredWorkPool, storedPools } from "../work-pools/rows.ts";
import { readSelectedWorkQueue, type StoredWorkQueue, selectWorkQueue } from "../work-queues/rows.ts";

/** The rows of objects that templates name, null where there is none. */
export interface NamedObjects {
  readonly flow_run?: StoredFlowRun | null;
  readonly task_run?: StoredTaskRun | null;
  readonly flow?: FlowRow | null;
  readonly deployment?: StoredDeployment | null;
  readonly work_pool?: StoredWorkPool | null;
  readonly work_queue?: StoredWorkQueue | null;
  readonly concurrency_limit?: LimitNow | null;
}

interface Question {
  readonly statement: Sql;
  readonly answer: (result: ResultSet | undefined) => NamedObjects;
}

const questions = {
  flow_run: (id) => ({ statement: selectFlowRun(id), answer: (result) => ({ flow_run: storedFlowRuns.first(result) }) }),
  task_run: (id) => ({
    statement: sql`select ${storedTaskRuns.columns} from task_run r ${taskRunJoins} where r.id = ${id}`,
    answer: (result) => ({ task_run: storedTaskRuns.first(result) }),
  }),
  flow: (id) => ({ statement: sql`${selectFlow} where f.id = ${id}`, answer: (result) => ({ flow: flows.first(result) }) }),
  deployment: (id, now) => {
    const { statement, first } = selectDeployment(id, now);
    return { statement, answer: (result) => ({ deployment: first(result) }) };
  },
  work_pool: (id) => ({
    statement: sql`select ${storedPools.columns} from work_pool p where p.id = ${id}`,
    answer: (result) => ({ work_pool: storedPools.first(result) }),
  }),
  work_queue: (id) => ({
    statement: selectWorkQueue({ id }, "for_queues"),
    answer: (result) => ({ work_queue: readSelectedWorkQueue(result) }),
  }),
  concurrency_limit: (id, now) => {
    const found = limitsAt("l", now);
    const statement = sql`select ${found.columns} from concurrency_limit l where l.id = ${id}`;
    return { statement, answer: (result) => ({ concurrency_limit: found.first(result) }) };
  },
} as const satisfies Record<keyof NamedObjects, (id: string, now: Micros) => Question>;

const mostVariables = 1000;

/** What a template needs of the database. */
export interface Needed {
  readonly ids: { readonly [Kind in keyof NamedObjects]?: string };
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
  const asked = (["flow_run", "task_run", "flow", "deployment", "work_pool", "work_queue", "concurrency_limit"] as const).flatMap(
    (kind): Question[] => (ids[kind] === undefined ? [] : [questions[kind](ids[kind], now)]),
  );
  const statements = asked.map(({ statement }) => statement);
  if (variables.length > 0) statements.push(selectVariableValues({ names: variables, all: false }));
  if (allVariables) statements.push(sql`select name, value from variable order by name, id limit ${mostVariables}`);
  if (statements.length === 0) return { objects: {}, variables: new Map(), allVariables: {} };
  const results = await db.read(statements);
  let objects: NamedObjects = {};
  for (const [place, { answer }] of asked.entries()) objects = { ...objects, ...answer(results[place]) };
  return {
    objects,
    variables: readVariableValues(variables.length > 0 ? results[asked.length] : undefined),
    allVariables: Object.fromEntries(readVariableValues(allVariables ? results.at(-1) : undefined)),
  };
}
