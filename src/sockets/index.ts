import type { Deps } from "../deps.ts";
import { serveEventsIn } from "./events-in.ts";
import { serveEventsOut } from "./events-out.ts";
import { serveLogsOut } from "./logs-out.ts";
import { openSocket, type Serve } from "./open.ts";
import { serveScheduledTaskRuns } from "./scheduled-task-runs.ts";

/** A path of the API that is upgraded to a websocket. */
export interface SocketRoute {
  /** As an operation's path: `/work_pools/{name}/workers/connect`. */
  readonly path: string;
  open(request: Request, deps: Deps, params: Record<string, string>): Response;
}

const plain = (path: string, serve: Serve): SocketRoute => ({
  path,
  open: (request, deps) => openSocket(request, deps, serve),
});

export const socketRoutes: readonly SocketRoute[] = [
  plain("/events/in", serveEventsIn),
  plain("/events/out", serveEventsOut),
  plain("/logs/out", serveLogsOut),
  plain("/task_runs/subscriptions/scheduled", serveScheduledTaskRuns),
];
