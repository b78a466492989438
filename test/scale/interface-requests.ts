/**
 * Makes `interface-requests.jsonl` of what a browser asked: `MILLIWAYS_RECORD_REQUESTS=FILE npm run test:pages`, then
 * `node test/scale/interface-requests.ts FILE`. Only what reads is taken, with placeholders in place of the names that those tests give.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const request = z.object({ method: z.string(), path: z.string(), body: z.unknown() });
const READS =
  /\/(filter|paginate|count|counts|history|lateness|count-task-runs|count-deployments|next-runs|latest\/filter)$|\/count-by\//;
const NAMES: readonly [RegExp, string][] = [
  [/(?<=\/work_pools\/)(?!filter|count)[^/"?]+|(?<=")kitchen(?=")/g, "{work_pool_name}"],
  [/(?<=\/queues\/)(?!filter)[^/"?]+|(?<=")default(?=")/g, "{work_queue_name}"],
  [/"(red|green|kitchen-work)"/g, '"{tag}"'],
  [/"(talked|broken)[^"]*"/g, '"{flow_run_name}"'],
];

const [file = ""] = process.argv.slice(2);
const lines = readFileSync(file, "utf8").trim().split("\n");
const named = lines.map((line) => NAMES.reduce((text, [name, placeholder]) => text.replace(name, placeholder), line));
// A time that differs by a minute or two makes no other question.
const shape = (line: string) => line.replace(/\{now([+-]\d+)?\}/g, (_, by = "0") => `{${Math.round(Number(by) / 600)}}`);
const kept = new Map(named.map((line) => [shape(line), request.parse(JSON.parse(line))]));
const reads = [...kept.values()].filter(({ method, path }) => method === "GET" || (method === "POST" && READS.test(path)));
const sorted = reads.sort((a, b) => (JSON.stringify([a.path, a.body]) < JSON.stringify([b.path, b.body]) ? -1 : 1));
const out = join(import.meta.dirname, "interface-requests.jsonl");
writeFileSync(out, sorted.map((one) => `${JSON.stringify(one)}\n`).join(""));
console.log(`${sorted.length} requests of ${lines.length} are in ${out}.`);
