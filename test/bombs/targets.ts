import type { Targets } from "./table.ts";

export type Post = (path: string, body: unknown) => Promise<{ id: string }>;

/** Makes what bombs are thrown at. */
export async function makeTargets(post: Post): Promise<Targets> {
  const { id: flow_id } = await post("/flows/", { name: "target" });
  const { id: deployment_id } = await post("/deployments/", { name: "target", flow_id });
  const { id: flow_run_id } = await post("/flow_runs/", { flow_id, deployment_id, state: { type: "SCHEDULED" } });
  const { id: task_run_id } = await post("/task_runs/", { flow_run_id, task_key: "task", dynamic_key: "0" });
  return { flow_id, deployment_id, flow_run_id, task_run_id };
}
