import type { MiddlewareHandler } from "hono";
import { isAuthorized } from "../credentials.ts";
import { ApiError, errorResponse } from "../errors.ts";
import type { AppEnv } from "../route.ts";

/** Refuses requests without credentials; `isOpen` names the paths that need none. Sockets come before it: their handshake checks them. */
export const authentication =
  (isOpen: (method: string, path: string) => boolean): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const { config } = c.get("deps");
    if (isOpen(c.req.method, c.req.path) || (await isAuthorized(config, c.req.header("authorization")))) return next();
    return errorResponse(new ApiError(401, { exception_message: "Unauthorized" }));
  };
