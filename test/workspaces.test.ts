import { describe, expect, it } from "vitest";
import { createApp } from "../src/app.ts";
import { type Isolate, isolateOf } from "../src/deps.ts";
import { readConfig } from "../src/env.ts";
import { type Workspace, workspaceHandles } from "../src/workspaces.ts";
import { freshDatabase } from "./support/database.ts";

const configOf = (url: string) =>
  readConfig({
    TURSO_DATABASE_URL: url,
    MILLIWAYS_LOCAL: "1",
    MILLIWAYS_TICK_SECONDS: "0",
    MILLIWAYS_LOG: "error",
    MILLIWAYS_DATABASE_STREAMS: "2",
  });

const workspaceOf = async (id: string): Promise<Workspace> => ({
  id,
  databaseUrl: (await freshDatabase()).url,
  databaseToken: undefined,
});

function appOf(isolate: Isolate, workspace: Workspace) {
  const app = createApp({ ...isolate, deps: (scope) => isolate.deps({ ...scope, workspace }) });
  return async (path: string, body: object): Promise<{ status: number; body: unknown }> => {
    const headers = { "content-type": "application/json" };
    const answer = await app.request(`/api${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  };
}

describe("workspaces of one isolate", () => {
  it("keep their databases apart under load: streams, grouped writes, remembered runs and shared reads", async () => {
    const workspaces = await Promise.all(["a", "b"].map(workspaceOf));
    const isolate = isolateOf(configOf(workspaces[0]?.databaseUrl ?? ""));
    const ids = Array.from({ length: 60 }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`);
    const work = workspaces.map(async (workspace) => {
      const post = appOf(isolate, workspace);
      const each = ids.map(async (key, i) => {
        const flow = await post("/flows/", { name: `flow-${i}`, tags: [workspace.id] });
        const { id } = flow.body as { id: string };
        // The same idempotency keys in both: a run of the other workspace would be found instead of made.
        const run = await post("/flow_runs/", { flow_id: id, name: `${workspace.id}-${i}`, idempotency_key: key });
        const { id: runId } = run.body as { id: string };
        const moved = await post(`/flow_runs/${runId}/set_state`, { state: { type: "RUNNING" } });
        return [flow.status, run.status, moved.status];
      });
      expect(new Set((await Promise.all(each)).map((statuses) => statuses.join()))).toEqual(new Set(["201,201,201"]));
      const runs = await post("/flow_runs/filter", { flow_runs: { state: { type: { any_: ["RUNNING"] } } } });
      const names = (runs.body as { name: string }[]).map(({ name }) => name).sort();
      expect(names).toEqual(ids.map((_, i) => `${workspace.id}-${i}`).sort());
      const flows = await post("/flows/filter", {});
      expect(new Set((flows.body as { tags: string[] }[]).map(({ tags }) => tags.join()))).toEqual(new Set([workspace.id]));
    });
    await Promise.all(work);
  });

  it("have a handle of their own while they are among the last that were used, and a new one for another address", async () => {
    const handleOf = workspaceHandles(configOf("http://127.0.0.1:1"));
    const one: Workspace = { id: "one", databaseUrl: "http://127.0.0.1:1", databaseToken: undefined };
    const first = handleOf(one);
    expect(handleOf({ ...one })).toBe(first);
    const moved = handleOf({ ...one, databaseUrl: "http://127.0.0.1:2" });
    for (const part of ["connections", "recent", "writeCounters", "sharedReads", "taskWorkers"] as const)
      expect(moved[part]).not.toBe(first[part]);
    for (let i = 0; i < 8; i++) handleOf({ ...one, id: `other-${i}` });
    expect(handleOf(one)).not.toBe(first);
  });
});
