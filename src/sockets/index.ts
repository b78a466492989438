import type { Scope } from "../domain/principal.ts";
import type { ChannelCloseReason } from "../domain/worker-channel/closes.ts";
import { errorResponse, forbidden } from "../http/errors.ts";
import type { SocketRoute } from "../http/router.ts";
import { serveEventsIn } from "./events-in.ts";
import { serveEventsOut } from "./events-out.ts";
import { offersSubprotocol } from "./handshake.ts";
import { isLegacyReporter, openLegacyEventsIn } from "./legacy-events-in.ts";
import { serveLogsOut } from "./logs-out.ts";
import { openSocket, type Serve } from "./open.ts";
import { serveScheduledTaskRuns } from "./scheduled-task-runs.ts";
import { serveWorkerChannel } from "./worker-channel.ts";

const plain = (path: string, scope: Scope, serve: Serve, backlog?: number): SocketRoute => ({
  path,
  scope,
  open: (request, deps) => openSocket(request, deps, { scope, serve, ...(backlog !== undefined && { backlog }) }),
});

const channelCloseReasons = {
  refused: "authentication_failed",
  failed: "transient_server_error",
} satisfies Record<string, ChannelCloseReason>;

// Clients of this socket take a refused upgrade for a server without worker channels and fall back to polling.
const workerChannel: SocketRoute = {
  path: "/work_pools/{name}/workers/connect",
  scope: "run_workers",
  open: (request, deps, { name = "" }) =>
    offersSubprotocol(request)
      ? openSocket(request, deps, { scope: "run_workers", serve: serveWorkerChannel(name), closeReasons: channelCloseReasons })
      : errorResponse(forbidden("The subprotocol prefect is required.")),
};

// Bursts of events arrive faster than they are stored.
const eventsBacklog = 24 * 1024 * 1024;

const eventsIn = plain("/events/in", "write_events", serveEventsIn, eventsBacklog);

export const socketRoutes: readonly SocketRoute[] = [
  {
    ...eventsIn,
    open: async (request, deps, params) =>
      (await isLegacyReporter(request, deps)) ? openLegacyEventsIn(deps) : eventsIn.open(request, deps, params),
  },
  plain("/events/out", "see_events", serveEventsOut),
  plain("/logs/out", "see_logs", serveLogsOut),
  plain("/task_runs/subscriptions/scheduled", "run_workers", serveScheduledTaskRuns),
  workerChannel,
];
