import type { Context } from "hono";
import { isLogged, type Platform } from "../../deps.ts";
import { requestIdOf } from "../../domain/audit.ts";
import type { AppEnv } from "../route.ts";

/**
 * Starts the report of a request and returns the function that ends it: `Server-Timing` with the database round trips, and a log
 * line without bodies or secrets.
 */
export function startReport(platform: Platform): (c: Context<AppEnv>) => void {
  const started = Date.now();
  return (c) => report(platform, c, Date.now() - started);
}

function report({ config, log, requests }: Platform, c: Context<AppEnv>, duration: number): void {
  const roundTrips = c.get("deps")?.db.roundTrips() ?? 0;
  const { status, headers } = c.res;
  requests.record({ method: c.req.method, route: c.get("route"), status, seconds: duration / 1000 });
  if (status !== 101) headers.set("server-timing", `db;desc="round trips: ${roundTrips}", total;dur=${duration}`);
  const level = status >= 500 ? "error" : "info";
  if (!isLogged(config, level)) return;
  log(level, {
    method: c.req.method,
    route: c.get("route") ?? null,
    status,
    duration_ms: duration,
    round_trips: roundTrips,
    request_id: c.get("requestId") ?? requestIdOf(c.req.raw.headers) ?? crypto.randomUUID(),
  });
}
