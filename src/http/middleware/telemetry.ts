import type { MiddlewareHandler } from "hono";
import { isLogged, type Platform } from "../../deps.ts";
import type { AppEnv } from "../route.ts";

/** Reports each request: `Server-Timing` with its database round trips, and a line in the log without bodies or secrets. */
export const telemetry =
  ({ config, log }: Platform): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const started = Date.now();
    await next();
    const duration = Date.now() - started;
    const roundTrips = c.get("deps")?.db.roundTrips() ?? 0;
    if (c.res.status !== 101) c.res.headers.set("server-timing", `db;desc="round trips: ${roundTrips}", total;dur=${duration}`);
    const level = c.res.status >= 500 ? "error" : "info";
    if (!isLogged(config, level)) return;
    log(level, {
      method: c.req.method,
      route: c.get("route") ?? null,
      status: c.res.status,
      duration_ms: duration,
      round_trips: roundTrips,
      request_id: c.req.header("cf-ray") ?? crypto.randomUUID(),
    });
  };
