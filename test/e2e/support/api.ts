import * as z from "zod";

const flowRun = z.object({
  id: z.string(),
  name: z.string(),
  run_count: z.number(),
  state: z.object({ type: z.string(), name: z.string(), message: z.string().nullable() }),
});
export type RunSummary = z.infer<typeof flowRun>;

const state = z.object({
  type: z.string(),
  name: z.string(),
  timestamp: z.coerce.date(),
  state_details: z.object({ scheduled_time: z.coerce.date().nullable() }),
});
export type RunState = z.infer<typeof state>;

export type Api = {
  post: (path: string, body: object) => Promise<unknown>;
  get: (path: string) => Promise<unknown>;
  /** Returns the flow runs whose name begins so, or those with these ids, the oldest first. */
  flowRuns: (wanted: { named: string } | { ids: string[] }) => Promise<RunSummary[]>;
  /** Returns the states of a run in the order in which they were. */
  states: (kind: "flow" | "task", runId: string) => Promise<RunState[]>;
};

/** Returns a way to look at a server without a client: what only watches need not start a Python process each time. */
export function makeApi(apiUrl: string): Api {
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const answer = await fetch(`${apiUrl}${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const post = (path: string, body: object) =>
    ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return {
    post,
    get: (path) => ask(path),
    flowRuns: async (wanted) => {
      const flow_runs = "ids" in wanted ? { id: { any_: wanted.ids } } : { name: { like_: wanted.named } };
      const found = z.array(flowRun).parse(await post("/flow_runs/filter", { flow_runs, limit: 200, sort: "ID_DESC" }));
      return found.toReversed();
    },
    states: async (kind, runId) => {
      const found = z.array(state).parse(await ask(`/${kind}_run_states/?${kind}_run_id=${runId}`));
      return found.sort((a, b) => a.timestamp.getTime() - b.timestamp.getTime());
    },
  };
}
