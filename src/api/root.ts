import * as z from "zod";
import { apiVersion } from "../http/api-version.ts";
import { ApiError } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { ping } from "../store/admin/read.ts";

const tag = "Root";

export const rootOperations = [
  operation({
    method: "GET",
    path: "/health",
    tag,
    scope: null,
    summary: "Health Check",
    anyVersion: true,
    response: z.literal(true),
    handle: () => true as const,
  }),
  operation({
    method: "GET",
    path: "/ready",
    tag,
    scope: null,
    summary: "Perform Readiness Check",
    response: z.object({ message: z.string() }),
    handle: async ({ deps }) => {
      if (await ping(deps.db)) return { message: "OK" };
      throw new ApiError(503, { message: "Database is not available" });
    },
  }),
  operation({
    method: "GET",
    path: "/hello",
    tag,
    scope: "see_server",
    summary: "Hello",
    response: z.string(),
    handle: () => "👋",
  }),
  operation({
    method: "GET",
    path: "/version",
    tag,
    scope: "see_server",
    summary: "Server Version",
    anyVersion: true,
    response: z.string(),
    handle: () => apiVersion,
  }),
];
