import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../route.ts";

const methods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

/** Answers preflights and opens every answer to other origins (root.md "Cross-origin"). */
export const cors: MiddlewareHandler<AppEnv> = async (c, next) => {
  const origin = c.req.header("origin");
  if (origin === undefined) return next();
  if (c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined) {
    const asked = c.req.header("access-control-request-headers");
    return new Response("OK", {
      headers: {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": methods,
        ...(asked !== undefined && { "access-control-allow-headers": asked }),
        "access-control-max-age": "600",
      },
    });
  }
  await next();
  if (c.res.status !== 101) c.res.headers.set("access-control-allow-origin", "*");
};
