import { type Context, Hono } from "hono";
import { adminOperations } from "./api/admin.ts";
import { automationOperations } from "./api/automations.ts";
import { collectionOperations } from "./api/collections.ts";
import { concurrencyLimitOperations } from "./api/concurrency-limits.ts";
import { concurrencyLimitV2Operations } from "./api/concurrency-limits-v2.ts";
import { csrfTokenOperations } from "./api/csrf-token.ts";
import { deploymentOperations } from "./api/deployments.ts";
import { apiDocs } from "./api/docs.ts";
import { eventOperations } from "./api/events.ts";
import { flowRunOperations } from "./api/flow-runs.ts";
import { flowOperations } from "./api/flows.ts";
import { logOperations } from "./api/logs.ts";
import { rootOperations } from "./api/root.ts";
import { runStateOperations } from "./api/run-states.ts";
import { taskRunOperations } from "./api/task-runs.ts";
import { taskWorkerOperations } from "./api/task-workers.ts";
import { uiSettings } from "./api/ui-settings.ts";
import { workPoolOperations } from "./api/work-pools.ts";
import { workQueueOperations } from "./api/work-queues.ts";
import type { RequestDeps } from "./deps.ts";
import { ApiError, badRequest, errorResponse, internalError, notFound } from "./http/errors.ts";
import { authentication } from "./http/middleware/authentication.ts";
import { cors } from "./http/middleware/cors.ts";
import { telemetry } from "./http/middleware/telemetry.ts";
import { uuidParameters } from "./http/openapi.ts";
import type { Operation } from "./http/operation.ts";
import { pathTable } from "./http/paths.ts";
import { type AppEnv, perform, responseForError } from "./http/route.ts";
import { socketRoutes } from "./sockets/index.ts";

const prefix = "/api";
const settingsPath = "/ui-settings";

/** The operations of the API, group by group. */
export const operations: readonly Operation[] = [
  ...rootOperations,
  ...adminOperations,
  ...csrfTokenOperations,
  ...flowOperations,
  ...flowRunOperations,
  ...taskRunOperations,
  ...taskWorkerOperations,
  ...runStateOperations,
  ...deploymentOperations,
  ...eventOperations,
  ...logOperations,
  ...concurrencyLimitOperations,
  ...concurrencyLimitV2Operations,
  ...workPoolOperations,
  ...workQueueOperations,
  ...collectionOperations,
  ...automationOperations,
  ...apiDocs(() => operations),
];

/** Returns the app: every operation under `/api`, errors in the API's own shape. It holds no state of requests. */
export function createApp(requestDeps: RequestDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const paths = pathTable(operations, uuidParameters);
  const open = new Set(operations.filter((o) => o.open === true).map((o) => `${o.method} ${prefix}${o.path}`));
  const noRoute = (c: Context<AppEnv>) => answerUnknown(c, paths);

  app.use((c, next) => {
    c.set(
      "deps",
      requestDeps(waitUntilOf(c), () => cutOff(c)),
    );
    // The address is made of the header `Host`, which may be anything.
    return URL.canParse(c.req.url) ? next() : Promise.resolve(errorResponse(badRequest("Invalid host header")));
  });
  app.use(telemetry, cors);
  // Ahead of the check of credentials: a socket's handshake has its own. Without an upgrade there is no such path.
  for (const { path, open: openSocket } of socketRoutes)
    app.get(`${prefix}${path.replace(/\{(\w+)\}/g, ":$1")}`, (c, next) => {
      if (!isUpgrade(c)) return next();
      c.set("route", path);
      return openSocket(c.req.raw, c.get("deps"), c.req.param());
    });
  app.use(
    `${prefix}/*`,
    authentication((method, path) => open.has(`${method} ${path}`)),
  );
  // Hono answers HEAD as it answers GET; this API has no HEAD (root.md).
  app.use((c, next) => (c.req.method === "HEAD" ? Promise.resolve(noRoute(c)) : next()));
  app.get(settingsPath, (c) => c.json(uiSettings(c.req.url, c.get("deps").config)));
  app.all(`${prefix}/*`, (c) => {
    const path = apiPath(c);
    const found = path === null ? null : paths.find(c.req.method, path);
    return found === null ? noRoute(c) : perform(found, c);
  });
  app.notFound(noRoute);
  app.onError((error, c) => {
    const response = responseForError(error);
    if (response !== null) return response;
    c.get("deps").log("error", { route: c.get("route") ?? null, error: String(error.cause ?? error), stack: error.stack });
    return errorResponse(internalError());
  });
  return app;
}

const isUpgrade = (c: Context): boolean => c.req.header("upgrade")?.toLowerCase() === "websocket";

function waitUntilOf(c: Context): (work: Promise<unknown>) => void {
  try {
    const context = c.executionCtx;
    return (work) => context.waitUntil(work);
  } catch {
    // Outside of a Worker nothing ends with the answer.
    return (work) => void work.catch(() => undefined);
  }
}

// `abort` ends a request with its socket; where there is none, a refused client that is silent stays until it leaves.
function cutOff(c: Context): void {
  try {
    const context: object = c.executionCtx;
    if ("abort" in context && typeof context.abort === "function") context.abort("the client was refused");
  } catch {
    // Outside of a Worker there is nothing to end.
  }
}

function answerUnknown(c: Context<AppEnv>, paths: ReturnType<typeof pathTable>): Response {
  if (c.req.path === settingsPath) return methodNotAllowed(["GET"]);
  const path = apiPath(c);
  if (path === null) return errorResponse(notFound("Not Found"));
  const methods = paths.methodsOf(path);
  if (methods.length > 0) return methodNotAllowed(methods);
  if (paths.redirectFor(path) === null) return errorResponse(notFound("Not Found"));
  const url = new URL(c.req.url);
  const pathname = url.pathname.endsWith("/") ? url.pathname.slice(0, -1) : `${url.pathname}/`;
  return new Response(null, { status: 307, headers: { location: `${url.origin}${pathname}${url.search}` } });
}

const methodNotAllowed = (methods: readonly string[]): Response =>
  errorResponse(new ApiError(405, { detail: "Method Not Allowed" }, { allow: methods.join(", ") }));

/** Returns the decoded path below the prefix; null outside of it and for an encoded slash, which no name in a path can have. */
function apiPath(c: Context): string | null {
  const { path } = c.req;
  if (!path.startsWith(`${prefix}/`) || /%2f/i.test(path)) return null;
  const below = path.slice(prefix.length);
  try {
    return decodeURIComponent(below);
  } catch {
    return below;
  }
}
