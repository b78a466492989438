import { compactStateDetails, decodeStateDetails } from "../../domain/states.ts";
import type { Prepared } from "../../store/import/table.ts";
import { LocalError } from "../errors.ts";
import type { Context } from "./context.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { kinds } from "./kinds.ts";
import { NotThere } from "./source.ts";

/** How many requests are sent at once where each run has to be asked for. */
const concurrency = 8;

/** Maps a list with a bounded number of promises at once; the results are in the order of the list. */
export async function mapConcurrently<T, R>(list: readonly T[], map: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[][] = list.map(() => []);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < list.length; i = next++) {
      const one = list[i];
      if (one !== undefined) results[i] = [await map(one)];
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results.flat();
}

/** Stores the states of flow runs, which a source gives for one run at a time. */
export async function storeFlowRunStates(context: Context, ids: readonly string[]): Promise<void> {
  const lists = await mapConcurrently(ids, async (flow_run_id) =>
    (await statesOf(context, `/flow_run_states/?flow_run_id=${flow_run_id}`)).map((from) =>
      kinds.flowRunStates.table.prepare({ ...columnsOf(from), flow_run_id }),
    ),
  );
  await context.store(kinds.flowRunStates, lists.flat());
}

/** Stores the states of task runs. */
export async function storeTaskRunStates(context: Context, ids: readonly string[]): Promise<void> {
  const lists = await mapConcurrently(
    ids,
    async (task_run_id): Promise<Prepared[]> =>
      (await statesOf(context, `/task_run_states/?task_run_id=${task_run_id}`)).map((from) =>
        kinds.taskRunStates.table.prepare({ ...columnsOf(from), task_run_id }),
      ),
  );
  await context.store(kinds.taskRunStates, lists.flat());
}

async function statesOf({ source }: Context, path: string): Promise<Fields[]> {
  try {
    const states = await source.get(path);
    if (!Array.isArray(states)) throw new LocalError(`The source answered something that is no list for ${path}.`);
    return states.map((state) => fieldsOf(state, "state"));
  } catch (error) {
    // The run was deleted meanwhile.
    if (error instanceof NotThere) return [];
    throw error;
  }
}

const columnsOf = (from: Fields) => ({
  id: from.id(),
  type: from.text("type"),
  name: from.text("name", ""),
  timestamp: from.time("timestamp"),
  message: from.textOrNull("message"),
  // The result stands in the state: the source does not say which artifact holds it.
  data: from.json("data"),
  state_details: compactStateDetails(decodeStateDetails(from.json("state_details"))),
  result_artifact_id: null,
});
