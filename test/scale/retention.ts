import { createApp } from "../../src/app.ts";
import { retention } from "../../src/cron/retention.ts";
import { isolateOf } from "../../src/deps.ts";
import { readConfig } from "../../src/env.ts";
import { startOf } from "./large-world.ts";

const lifeSeconds = 10;
const lives = 4;
const mostTickMs = 1000;
const mostSlower = 2;

const percentile = (times: readonly number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;

/**
 * Runs ticks of retention on a large world, whose older half is too old, while lives of runs go on beside; prints how long they take, and
 * returns whether a tick takes more than a second, or a life twice as long (p99) as without.
 */
export async function measureRetention(url: string, runs: number): Promise<boolean> {
  const settings = ["FLOW_RUN", "TASK_RUN", "LOG", "ARTIFACT"].map((kind) => [`MILLIWAYS_${kind}_RETENTION_DAYS`, "1"]);
  const isolate = isolateOf(
    readConfig({ TURSO_DATABASE_URL: url, MILLIWAYS_LOCAL: "1", MILLIWAYS_TICK_SECONDS: "0", ...Object.fromEntries(settings) }),
  );
  const app = createApp(isolate);
  const behind = (work: Promise<unknown>) => void work.catch(() => undefined);
  const send = async (path: string, body: unknown) => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await app.request(`/api${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status} ${text.slice(0, 200)}`);
    return JSON.parse(text);
  };
  const flow = await send("/flows/", { name: "lives" });
  const life = async (): Promise<number> => {
    const start = performance.now();
    const { id } = await send("/flow_runs/", { flow_id: flow.id });
    for (const type of ["PENDING", "RUNNING", "COMPLETED"]) await send(`/flow_runs/${id}/set_state`, { state: { type } });
    return performance.now() - start;
  };
  const live = async (): Promise<number[]> => {
    const times: number[] = [];
    const until = performance.now() + lifeSeconds * 1000;
    const one = async () => {
      while (performance.now() < until) times.push(await life());
    };
    await Promise.all(Array.from({ length: lives }, one));
    return times;
  };
  await live();
  const alone = await live();
  let isOver = false;
  const ticks: number[] = [];
  const tick = async () => {
    const scheduledTime = startOf(runs / 2) + 86_400_000_000;
    while (!isOver) {
      const start = performance.now();
      await retention.run(isolate.deps({ principal: null, waitUntil: behind }), { cron: "* * * * *", scheduledTime });
      ticks.push(performance.now() - start);
    }
  };
  const ticking = tick();
  const beside = await live();
  isOver = true;
  await ticking;
  const [before, after, longest] = [percentile(alone, 0.99), percentile(beside, 0.99), Math.max(...ticks)];
  console.log(`Lives of runs: ${alone.length} alone, p50 ${percentile(alone, 0.5).toFixed(1)} ms, p99 ${before.toFixed(1)} ms.
Beside retention: ${beside.length}, p50 ${percentile(beside, 0.5).toFixed(1)} ms, p99 ${after.toFixed(1)} ms.
Ticks of retention, one after the other: ${ticks.length}, the longest ${longest.toFixed(0)} ms.`);
  return longest <= mostTickMs && after <= mostSlower * before;
}
