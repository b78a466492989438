import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonObject } from "../../../src/lib/json.ts";

// Compares the answers of two servers after an import: `node test/local/import/compare.ts http://old:4200/api http://new:4200/api`.

const reads: readonly (readonly [path: string, body: JsonObject])[] = [
  ["/flows/filter", { sort: "NAME_ASC" }],
  ["/work_pools/filter", {}],
  ["/deployments/filter", { sort: "NAME_ASC" }],
  ["/variables/filter", { sort: "NAME_ASC" }],
  ["/v2/concurrency_limits/filter", {}],
  ["/concurrency_limits/filter", {}],
  ["/block_types/filter", {}],
  ["/block_documents/filter", { include_secrets: true }],
  ["/block_documents/filter", {}],
  ["/automations/filter", { sort: "NAME_ASC" }],
  ["/saved_searches/filter", {}],
  ["/artifacts/filter", { sort: "ID_DESC" }],
  ["/artifacts/latest/filter", { sort: "KEY_ASC" }],
  ["/flow_runs/filter", { sort: "ID_DESC", flow_runs: { state: { type: { not_any_: ["SCHEDULED"] } } } }],
  ["/flow_runs/filter", { sort: "ID_DESC", flow_runs: { tags: { all_: ["r"] }, state: { name: { any_: ["Failed"] } } } }],
  ["/flow_runs/count", { flow_runs: { state: { type: { any_: ["COMPLETED", "FAILED", "RUNNING"] } } } }],
  ["/task_runs/filter", { sort: "ID_DESC" }],
  ["/task_runs/count", {}],
  ["/logs/filter", { sort: "TIMESTAMP_ASC" }],
];

// What follows from the time of the request, from workers, or from slots that stay at the source.
const derived = new Set(["estimated_run_time", "estimated_start_time_delta", "active_slots", "status", "last_polled"]);

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isJsonObject(value)) return value;
  // Each server describes block types in its own words.
  if ("slug" in value && "logo_url" in value) return { id: value.id, name: value.name, slug: value.slug };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !derived.has(name))
      .map(([name, member]) => [name, comparable(member)]),
  );
}

async function ask(base: string, path: string, body: JsonObject): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${base}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = comparable(await response.json());
  // Lists without a sort have an order of their own in each version; logs never change, so one time says it.
  return Array.isArray(answer) ? answer.sort((one, two) => String(one?.id).localeCompare(String(two?.id))) : answer;
}

/** Returns where two values differ, the first places of them. */
function places(path: string, one: unknown, two: unknown, at: string): string[] {
  // An older source does not have the members of newer ones, and tells a log's time of arrival twice.
  if (one === undefined || isDeepStrictEqual(one, two) || (path === "/logs/filter" && at.endsWith(".updated"))) return [];
  if (Array.isArray(one) && Array.isArray(two) && one.length === two.length)
    return one.flatMap((item, i) => places(path, item, two[i], `${at}[${i}]`));
  if (isJsonObject(one) && isJsonObject(two))
    return [...new Set([...Object.keys(one), ...Object.keys(two)])].flatMap((name) =>
      places(path, one[name], two[name], `${at}.${name}`),
    );
  return [`${at}: ${JSON.stringify(one)?.slice(0, 120)} / ${JSON.stringify(two)?.slice(0, 120)}`];
}

const [source = "", ours = ""] = process.argv.slice(2);
let differing = 0;
for (const [path, body] of reads) {
  const found = places(path, await ask(source, path, body), await ask(ours, path, body), "");
  if (found.length > 0) differing++;
  console.log(`${found.length === 0 ? "equal " : "DIFFER"} ${path} ${JSON.stringify(body)}`);
  for (const line of found.slice(0, 5)) console.log(`  ${line}`);
}
process.exitCode = differing === 0 ? 0 : 1;
