import type { Context, MiddlewareHandler } from "hono";
import type { Platform } from "../../deps.ts";
import { badRequest, errorResponse } from "../errors.ts";
import type { AppEnv } from "../route.ts";
import { crossOrigin } from "./cors.ts";
import { startReport } from "./telemetry.ts";

const plainAddress = /^https?:\/\/[\w.-]+(:\d{1,5})?\//;

// The address is made of the header `Host`, which may be anything.
const isAddress = (url: string): boolean => plainAddress.test(url) || URL.canParse(url);

/** Tells whether a path has an encoded slash, which no name in a path of the API can have. */
export const hasEncodedSlash = (path: string): boolean => path.includes("%") && /%2f/i.test(path);

/**
 * Returns what comes before and after every request, in one step because each of Hono's costs a request some microseconds: the check of the
 * address, what browsers of other sites may do, the report. `unknown` answers what is no route.
 */
export function front(platform: Platform, unknown: (c: Context<AppEnv>) => Promise<Response>): MiddlewareHandler<AppEnv> {
  const browsers = crossOrigin(platform.config);
  return async (c, next) => {
    const report = startReport(platform);
    const early = isAddress(c.req.url) ? browsers.answer(c) : errorResponse(badRequest("Invalid host header"));
    if (early !== null) c.res = early;
    else {
      // Hono answers HEAD as it answers GET; this API has no HEAD (root.md).
      if (c.req.method === "HEAD" || hasEncodedSlash(c.req.path)) c.res = await unknown(c);
      else await next();
      browsers.open(c);
    }
    report(c);
  };
}
