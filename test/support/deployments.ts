import type { Answer, TestApp } from "./app.ts";

export const nobody = "00000000-0000-4000-8000-000000000000";
export const daily = { cron: "0 9 * * *", timezone: "UTC" };
/** Four daily runs of 2035. */
export const week = { start_time: "2035-01-01T00:00:00Z", end_time: "2035-01-05T00:00:00Z", min_runs: 10 };

/** Short ways to make and look at deployments. */
export function deploymentTools(app: () => TestApp) {
  let names = 0;
  const flow = async (more: object = {}): Promise<string> =>
    (await app().post("/flows/", { name: `flow ${++names}`, ...more })).body.id;
  const deploy = async (flow_id: string, more: object = {}): Promise<Answer["body"]> => {
    const answer = await app().post("/deployments/", { name: `deployment ${++names}`, flow_id, ...more });
    if (answer.status > 201) throw new Error(`${answer.status} ${answer.text}`);
    return answer.body;
  };
  /** When the runs of a deployment are expected, in order. */
  const expected = async (id: string): Promise<string[]> => {
    const body = { sort: "EXPECTED_START_TIME_ASC", flow_runs: { deployment_id: { any_: [id] } } };
    return (await app().post("/flow_runs/filter", body)).body.map((r: { expected_start_time: string }) => r.expected_start_time);
  };
  return { flow, deploy, expected };
}
