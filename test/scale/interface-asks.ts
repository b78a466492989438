import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { createApp } from "../../src/app.ts";
import { isolateOf } from "../../src/deps.ts";
import { readConfig } from "../../src/env.ts";
import type { Database } from "../../src/store/client.ts";
import { idOf, startOf } from "./large-world.ts";

const recorded = z.object({ method: z.enum(["GET", "POST"]), path: z.string(), body: z.unknown() });

/** A request of the web interface, as its pages make it. */
export interface InterfaceAsk {
  readonly name: string;
  readonly ask: (db: Database) => Promise<unknown>;
}

// What the large world has none of gets an id that nothing has.
const ids = {
  flow_run: idOf("run", 6),
  task_run: idOf("taskRun", 6),
  flow: idOf("flow", 3),
  deployment: idOf("deployment", 3),
  work_queue: idOf("queue", 1),
  work_pool: idOf("pool", 1),
};
const unknownId = idOf("run", 0xfffffff);

/** Puts the ids and times of a world of so many runs in the places of a recorded text. */
export function filledIn(text: string, runs: number): string {
  const names: Record<string, string> = {
    work_pool_name: "pool-1",
    work_queue_name: "queue-1",
    tag: "common",
    flow_run_name: "run-77",
    ...Object.fromEntries(Object.entries(ids).map(([kind, id]) => [`${kind}_id`, id])),
  };
  const instant = (seconds: string | undefined) => new Date(startOf(runs) / 1000 + Number(seconds ?? 0) * 1000).toISOString();
  return text
    .replace(/\{now([+-]\d+)?\}/g, (_, seconds: string | undefined) => instant(seconds))
    .replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? unknownId);
}

/** Returns what the pages of the interface asked in a browser, `interface-requests.jsonl`, of a world of so many runs. */
export function interfaceAsks(runs: number): readonly InterfaceAsk[] {
  const config = readConfig({ TURSO_DATABASE_URL: "http://127.0.0.1:1", MILLIWAYS_LOCAL: "1", MILLIWAYS_LOG: "error" });
  const made = isolateOf(config);
  const file = join(import.meta.dirname, "interface-requests.jsonl");
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => {
    const { method, path, body } = recorded.parse(JSON.parse(line));
    const text = body === null ? undefined : filledIn(JSON.stringify(body), runs);
    const ask = async (db: Database) => {
      const app = createApp({
        platform: made.platform,
        deps: (scope) => ({ ...made.deps(scope), db, now: () => startOf(runs) }),
      });
      const response = await app.request(`/api${filledIn(path, runs)}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(text !== undefined && { body: text }),
      });
      const answer = await response.text();
      // The world has no artifacts, blocks and automations; and one of its runs has more task runs than a graph shows.
      const isExpected = response.ok || response.status === 404 || (response.status === 400 && answer.includes("nodes"));
      if (!isExpected) throw new Error(`${method} ${path} ${text}: ${response.status} ${answer}`);
    };
    return { name: `${method} ${path} ${JSON.stringify(body)}`, ask };
  });
}
