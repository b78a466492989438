import { setTimeout as sleep } from "node:timers/promises";
import { rawSocket } from "../support/raw-socket.ts";

type Post = (path: string, body: unknown) => Promise<{ id: string }>;

/** Makes twenty-four scheduled runs of a deployment whose parameters are as large as they may be; returns what asks for all of them. */
export async function largePages(post: Post): Promise<Record<string, { path: string; init: RequestInit }>> {
  const flow = await post("/flows/", { name: "large pages" });
  const deployment = await post("/deployments/", { name: "large", flow_id: flow.id, enforce_parameter_schema: false });
  const scheduled_time = new Date(Date.now() - 1_000).toISOString();
  for (let i = 0; i < 24; i++)
    await post(`/deployments/${deployment.id}/create_flow_run`, {
      parameters: { text: "x".repeat(480_000) },
      state: { type: "SCHEDULED", state_details: { scheduled_time } },
    });
  const ask = (path: string, body: object) => ({
    path,
    init: { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
  });
  const flow_runs = { deployment_id: { any_: [deployment.id] } };
  return {
    "a list of large runs": ask("/flow_runs/filter", { flow_runs }),
    "a page of large runs": ask("/flow_runs/paginate", { flow_runs, limit: 24 }),
    "a poll of large runs": ask("/deployments/get_scheduled_flow_runs", { deployment_ids: [deployment.id] }),
  };
}

const flooding = 20;
const silent = 200;
const floodMs = 3_000;

/** Lets clients that are refused go on sending, and others say nothing, for three seconds; returns how many of the first are not cut off. */
export async function unwelcomeSockets(apiUrl: string): Promise<number> {
  const quiet = Array.from({ length: silent }, () => rawSocket(`${apiUrl}/events/out`));
  const loud = Array.from({ length: flooding }, () => rawSocket(`${apiUrl}/events/in`));
  let left = loud.length;
  for (const socket of loud) {
    void socket.cut.then(() => left--);
    await socket.status();
    socket.sendText(JSON.stringify({ type: "nonsense" }));
    socket.flood("x".repeat(10_000));
  }
  await sleep(floodMs);
  for (const socket of [...quiet, ...loud]) socket.destroy();
  return left;
}
