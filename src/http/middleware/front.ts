import type { Context, MiddlewareHandler } from "hono";
import type { Platform } from "../../deps.ts";
import { badRequest, errorResponse } from "../errors.ts";
import type { AppEnv } from "../route.ts";
import { crossOrigin } from "./cors.ts";
import { startReport } from "./telemetry.ts";

const plainAddress = /^https?:\/\/[\w.-]+(:\d{1,5})?\//;

// The URL contains the header `Host`, which may hold anything.
const isAddress = (url: string): boolean => plainAddress.test(url) || URL.canParse(url);

/** Returns whether a path has an encoded slash; no name in a path of the API can contain one. */
export const hasEncodedSlash = (path: string): boolean => path.includes("%") && /%2f/i.test(path);

/**
 * Returns the steps before and after every request: validity of the URL, CORS, the report. One middleware, because each of Hono's
 * costs some microseconds per request. `unknown` is the response to unknown paths.
 */
export function front(platform: Platform, unknown: (c: Context<AppEnv>) => Promise<Response>): MiddlewareHandler<AppEnv> {
  const browsers = crossOrigin(platform.config);
  return async (c, next) => {
    const report = startReport(platform);
    const origin = c.req.header("origin");
    const early = isAddress(c.req.url) ? browsers.answer(c, origin) : errorResponse(badRequest("Invalid host header"));
    if (early !== null) c.res = early;
    else {
      // Hono routes HEAD to GET; the reference's routes have no HEAD and return 405.
      if (c.req.method === "HEAD" || hasEncodedSlash(c.req.path)) c.res = await unknown(c);
      else await next();
      if (origin !== undefined) browsers.addHeaders(c, origin);
    }
    report(c);
  };
}
