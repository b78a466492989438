import { type ApiClient, apiClient, dataOf } from "../../support/api-client.ts";

export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly run_count: number;
  readonly state: { readonly type: string; readonly name: string; readonly message: string | null };
}

export interface RunState {
  readonly type: string;
  readonly name: string;
  readonly timestamp: Date;
  readonly scheduled: Date | null;
}

/** A way to look at a server without a Prefect client: what only watches need not start a Python process each time. */
export interface Api {
  readonly client: ApiClient;
  /** Returns the flow runs whose name begins so, or those with these ids, the oldest first. */
  readonly flowRuns: (wanted: { named: string } | { ids: string[] }) => Promise<RunSummary[]>;
  /** Returns the states of a run in the order in which they were. */
  readonly states: (kind: "flow" | "task", runId: string) => Promise<RunState[]>;
}

/** Returns the API at an address; with the credentials where the server wants them. */
export function makeApi(apiUrl: string, authString?: string): Api {
  const client = apiClient(apiUrl, authString === undefined ? {} : { authorization: `Basic ${btoa(authString)}` });
  return {
    client,
    flowRuns: async (wanted) => {
      const flow_runs = "ids" in wanted ? { id: { any_: wanted.ids } } : { name: { like_: wanted.named } };
      const found = await dataOf(client.POST("/flow_runs/filter", { body: { flow_runs, limit: 200, sort: "ID_DESC" } }));
      return found.toReversed().map(({ id, name, run_count, state }) => {
        if (!state) throw new Error(`the flow run ${name} has no state`);
        return { id, name, run_count, state: { type: state.type, name: state.name, message: state.message } };
      });
    },
    states: async (kind, id) => {
      const found = await dataOf(
        kind === "flow"
          ? client.GET("/flow_run_states/", { params: { query: { flow_run_id: id } } })
          : client.GET("/task_run_states/", { params: { query: { task_run_id: id } } }),
      );
      const states = found.map(({ type, name, timestamp, state_details: { scheduled_time: scheduled } }) => ({
        type,
        name,
        timestamp: new Date(timestamp),
        scheduled: scheduled ? new Date(scheduled) : null,
      }));
      return states.sort((a, b) => a.timestamp.getTime() - b.timestamp.getTime());
    },
  };
}
