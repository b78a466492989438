import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Request } from "playwright-core";
import * as z from "zod";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/;
const ONLY_INSTANT = new RegExp(`^${INSTANT.source}$`);
// In paths, bodies and queries these stand before or around an id; what a key of a body does not tell is a flow run's.
const OWNERS = ["task_run", "flow_run", "deployment", "work_queue", "work_pool", "block_document", "block_type", "block_schema"];
const MORE_OWNERS = ["artifact", "automation", "concurrency_limit", "variable", "log", "flow", "saved_search"];

const jsonObject = z.record(z.string(), z.unknown());

/** A request with placeholders in place of ids, names and times. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

const ownerIn = (text: string): string => {
  const named = text.replaceAll("-", "_");
  return [...OWNERS, ...MORE_OWNERS].find((owner) => named.includes(owner)) ?? "flow_run";
};

// `{now-3600}`: seconds, by the minute, so that the same question asked later has the same shape.
const instant = (text: string, now: number): string => {
  const seconds = Math.round((new Date(text).getTime() - now) / 60_000) * 60;
  return seconds === 0 ? "{now}" : `{now${seconds < 0 ? "" : "+"}${seconds}}`;
};

function shapeOfText(text: string, keys: readonly string[], now: number): string {
  if (ONLY_INSTANT.test(text)) return instant(text, now);
  // The nearest key that names an owner: `flow_runs.deployment_id.any_` holds ids of deployments.
  const key = keys.findLast((one) => ownerIn(one) !== "flow_run" || one.includes("flow_run")) ?? "";
  return text.replace(new RegExp(`((?:prefect\\.)?[a-z-]*\\.)?(${UUID.source})`, "g"), (_, resource: string | undefined) =>
    resource === undefined ? `{${ownerIn(key)}_id}` : `${resource}{${ownerIn(resource)}_id}`,
  );
}

function shapeOf(value: unknown, keys: readonly string[], now: number): unknown {
  if (typeof value === "string") return shapeOfText(value, keys, now);
  // A list of ids is as long as the page's content.
  if (Array.isArray(value))
    return [...new Set(value.map((one) => JSON.stringify(shapeOf(one, keys, now))))].map((text) => JSON.parse(text));
  const object = jsonObject.safeParse(value);
  if (!object.success) return value;
  return Object.fromEntries(Object.entries(object.data).map(([key, one]) => [key, shapeOf(one, [...keys, key], now)]));
}

/** Returns the shape of a request to the API; undefined for one that is not JSON. */
export function shapeOfRequest({
  method,
  url,
  body,
  now,
}: {
  method: string;
  url: URL;
  body: string | null;
  now: number;
}): Recorded {
  let owner = "flow_run";
  const path = decodeURIComponent(url.pathname.replace(/^.*?\/api/, "") + url.search)
    .replace(new RegExp(INSTANT.source, "g"), (text) => instant(text, now))
    .split("/")
    .map((part) => {
      if (!UUID.test(part)) {
        owner = ownerIn(part);
        return part;
      }
      return shapeOfText(part, [owner], now);
    })
    .join("/");
  return { method, path, body: body === null || body === "" ? null : shapeOf(JSON.parse(body), [], now) };
}

/** Appends the shapes of a browser's requests that the file does not have yet, a line of JSON each. */
export function recordRequests(file: string): (request: Request) => void {
  const known = new Set(existsSync(file) ? readFileSync(file, "utf8").split("\n") : []);
  return (request) => {
    const url = new URL(request.url());
    if (!url.pathname.includes("/api/")) return;
    const shape = shapeOfRequest({ method: request.method(), url, body: request.postData(), now: Date.now() });
    const line = JSON.stringify(shape);
    if (known.has(line)) return;
    known.add(line);
    appendFileSync(file, `${line}\n`);
  };
}
