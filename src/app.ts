import type { Hono } from "hono";
import { adminOperations } from "./api/admin.ts";
import { afterwards } from "./api/afterwards.ts";
import { apiKeyOperations, keysOf } from "./api/api-keys.ts";
import { artifactOperations } from "./api/artifacts.ts";
import { auditOperations } from "./api/audit.ts";
import { audited } from "./api/audited.ts";
import { automationOperations } from "./api/automations.ts";
import { blockCapabilityOperations } from "./api/block-capabilities.ts";
import { blockDocumentOperations } from "./api/block-documents.ts";
import { blockSchemaOperations } from "./api/block-schemas.ts";
import { blockTypeOperations } from "./api/block-types.ts";
import { collectionOperations } from "./api/collections.ts";
import { concurrencyLimitOperations } from "./api/concurrency-limits.ts";
import { concurrencyLimitV2Operations } from "./api/concurrency-limits-v2.ts";
import { csrfTokenOperations } from "./api/csrf-token.ts";
import { deploymentOperations } from "./api/deployments.ts";
import { documentationOperations, documentationPages } from "./api/docs.ts";
import { eventOperations } from "./api/events.ts";
import { flowRunNotificationPolicyOperations } from "./api/flow-run-notification-policies.ts";
import { flowRunOperations } from "./api/flow-runs.ts";
import { flowOperations } from "./api/flows.ts";
import { logOperations } from "./api/logs.ts";
import { metricsPage } from "./api/metrics.ts";
import { observedStateOperations } from "./api/observed-states.ts";
import { rootOperations } from "./api/root.ts";
import { runStateOperations } from "./api/run-states.ts";
import { savedSearchOperations } from "./api/saved-searches.ts";
import { taskRunOperations } from "./api/task-runs.ts";
import { taskWorkerOperations } from "./api/task-workers.ts";
import { uiOperations } from "./api/ui.ts";
import { uiSettings } from "./api/ui-settings.ts";
import { variableOperations } from "./api/variables.ts";
import { workPoolOperations } from "./api/work-pools.ts";
import { workQueueOperations } from "./api/work-queues.ts";
import type { Isolate } from "./deps.ts";
import type { Keys } from "./http/authenticate.ts";
import type { Operation } from "./http/operation.ts";
import type { AppEnv } from "./http/route.ts";
import { createRouter, type Site } from "./http/router.ts";
import { staticSite } from "./http/static-site.ts";
import { socketRoutes } from "./sockets/index.ts";

/** The operations of the API by group. */
export const operations: readonly Operation[] = [
  ...rootOperations,
  ...adminOperations,
  ...apiKeyOperations,
  ...auditOperations,
  ...csrfTokenOperations,
  ...flowOperations,
  ...flowRunOperations,
  ...taskRunOperations,
  ...taskWorkerOperations,
  ...runStateOperations,
  ...observedStateOperations,
  ...deploymentOperations,
  ...eventOperations,
  ...logOperations,
  ...concurrencyLimitOperations,
  ...concurrencyLimitV2Operations,
  ...workPoolOperations,
  ...workQueueOperations,
  ...blockTypeOperations,
  ...blockSchemaOperations,
  ...blockDocumentOperations,
  ...blockCapabilityOperations,
  ...artifactOperations,
  ...variableOperations,
  ...savedSearchOperations,
  ...flowRunNotificationPolicyOperations,
  ...collectionOperations,
  ...uiOperations,
  ...automationOperations,
  ...documentationOperations,
];

/** Returns the app of an isolate: every operation and socket under `/api`, and the static site beside it. */
export function createApp(isolate: Isolate, senderOf?: Site["senderOf"]): Hono<AppEnv> {
  const { config } = isolate.platform;
  const { describe, read } = staticSite(config);
  const settings = async ({ url }: Request, keys: Keys): Promise<Response> =>
    Response.json(uiSettings(url, { hasPasswords: config.authString !== undefined || (await keys.exist()) }, await describe()));
  // Below a path of its own the interface asks for its settings there.
  const files: Site["files"] = async (request, keys) => {
    const { pathname } = new URL(request.url);
    const isSettings = pathname.endsWith("/ui-settings") && pathname === `${(await describe()).base}/ui-settings`;
    return isSettings && request.method === "GET" ? settings(request, keys) : read(request);
  };
  const pages = [{ path: "/ui-settings", scope: null, read: settings }, ...documentationPages(config), metricsPage(config)];
  return createRouter(
    { prefix: "/api", operations, sockets: socketRoutes, pages, files, senderOf, keysOf, afterwards, audited },
    isolate,
  );
}
