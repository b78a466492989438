import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { WatchedServer } from "./server.ts";
import { everySecond, letters, many } from "./shapes.ts";
import { type Bomb, schemas, type Targets, templates } from "./table.ts";

const deployment = (name: string, rest: object): Bomb => ({
  name,
  method: "POST",
  path: () => "/deployments/",
  body: ({ flow_id }) => ({ flow_id, name: `stored ${name}`, enforce_parameter_schema: false, ...rest }),
});

/** What is stored without being looked at, and goes off when a run is made of it or a tick finds it. */
export const storedBombs: readonly Bomb[] = [
  ...Object.entries(schemas).map(([name, [schema, parameters]]) =>
    deployment(name, { parameter_openapi_schema: schema, parameters }),
  ),
  ...Object.entries(templates).map(([name, template]) =>
    deployment(name, { parameters: { a: { __prefect_kind: "jinja", template } } }),
  ),
  deployment("many templates", {
    parameters: { a: many(4000, () => ({ __prefect_kind: "jinja", template: "{% set q = ('a' * 900000)|upper|title %}" })) },
  }),
  deployment("rules of every second", {
    schedules: many(10, (i) => ({ schedule: { rrule: `FREQ=DAILY;${everySecond}` }, slug: `s${i}` })),
  }),
  deployment("rules that leave out all but January", {
    schedules: [{ schedule: { rrule: "RRULE:FREQ=MINUTELY\nEXRULE:FREQ=MINUTELY;BYMONTH=2,3,4,5,6,7,8,9,10,11,12" } }],
  }),
  deployment("a cron without dates", { schedules: [{ schedule: { cron: "0 0 30 2 *" } }] }),
  deployment("long parameters on a schedule", {
    parameters: { a: letters(400_000) },
    schedules: [{ schedule: { interval: 3600 } }],
  }),
];

/** A deployment beside the bombs: it gets its runs if a tick goes past them. */
export const harmless = (targets: Targets): object => ({
  flow_id: targets.flow_id,
  name: "harmless",
  schedules: [{ schedule: { cron: "*/10 * * * *" } }],
});

type Throw = (server: WatchedServer, request: { path: string; init: RequestInit }) => Promise<string[]>;

const found = z.array(z.object({ id: z.string(), name: z.string() }));
const longestWaitMs = 30_000;

/** Makes a run of each stored bomb, and sees that ticks still make the runs of schedules. Returns what went wrong. */
export async function useStoredBombs(server: WatchedServer, targets: Targets, send: Throw): Promise<string[]> {
  const init = (body: object) => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const ask = async (path: string, body: object): Promise<unknown> =>
    JSON.parse(await (await fetch(`${server.apiUrl}${path}`, init(body))).text());
  const faults: string[] = [];
  const stored = await ask("/deployments/filter", { deployments: { name: { like_: "stored " } } });
  const deployments = found.parse(stored);
  if (deployments.length < storedBombs.length / 2) faults.push(`only ${deployments.length} were stored`);
  for (const { id, name } of deployments) {
    const path = `/deployments/${id}/create_flow_run`;
    const went = [
      ...(await send(server, { path, init: init({}) })),
      ...(await send(server, { path, init: init({ enforce_parameter_schema: true }) })),
    ];
    if (went.length > 0) faults.push(`${name} ${went.join(", ")}`);
  }
  const { id } = z.object({ id: z.string() }).parse(await ask("/deployments/", harmless(targets)));
  const deadline = Date.now() + longestWaitMs;
  const runs = { flow_runs: { deployment_id: { any_: [id] } } };
  while ((await ask("/flow_runs/count", runs)) === 0 && Date.now() < deadline) await sleep(50);
  if ((await ask("/flow_runs/count", runs)) === 0) faults.push("ticks make no runs any more");
  return faults;
}
