import type { Config } from "./env.ts";
import { leastRecentlyUsed } from "./lib/least-recently-used.ts";
import type { ActionSender } from "./services/automation-actions/sender.ts";
import { type Shared, sharedBySockets, type TaskWorkers } from "./sockets/shared-reads.ts";
import { type RememberedKeys, rememberedKeys } from "./store/api-keys/remembered.ts";
import { type EvaluationState, evaluationState } from "./store/automation-evaluation/state.ts";
import { type Wire, wireOf } from "./store/client.ts";
import { type RecentDeployments, recentDeployments } from "./store/deployments/recent.ts";
import { type RecentFlowRuns, recentFlowRuns } from "./store/flow-runs/recent.ts";
import { type Connections, embeddedConnections, sharedConnections } from "./store/hrana/connections.ts";
import { type TableSizes, tableSizes } from "./store/table-sizes.ts";
import { type WriteCounters, writeCounters } from "./store/write-counters.ts";

/** The database of a request. Equal ids mean the same workspace. */
export interface Workspace {
  readonly id: string;
  readonly databaseUrl: string;
  readonly databaseToken: string | undefined;
  readonly database?: Config["database"];
}

/**
 * The state of one workspace that outlives a request in an isolate. It must never serve another workspace: an open stream is
 * bound to its database, queued writes are sent as one transaction, and shared reads are returned to every subscriber with the
 * same filter.
 */
export interface WorkspaceHandle {
  readonly workspace: Workspace;
  readonly connections: Connections;
  /** The database's URL and token in the form that requests need. */
  readonly wire: Wire;
  readonly sizes: TableSizes;
  /** Per-isolate optimistic cache of run facts; every use is verified by the guarded write. */
  readonly recent: RecentFlowRuns;
  /** Per-isolate optimistic cache of what runs of deployments are made from; every use is verified by the guarded write. */
  readonly recentDeployments: RecentDeployments;
  /** Counters of this isolate's writes by topic, for subscribers. */
  readonly writeCounters: WriteCounters;
  /** Recent reads that subscribers at the same position share. */
  readonly sharedReads: Shared;
  /** What this isolate does of the actions of automations. */
  readonly actionSender: ActionSender;
  /** What this isolate knows of the evaluation of automations. */
  readonly evaluation: EvaluationState;
  /** The connected task workers by socket id. */
  readonly taskWorkers: TaskWorkers;
  /** What this isolate knows of API keys. */
  readonly keys: RememberedKeys;
}

/** The workspace of a server with one configured database. */
export const configuredWorkspace = ({ databaseUrl, databaseToken, database }: Config): Workspace => ({
  id: "default",
  databaseUrl,
  databaseToken,
  database,
});

// Each handle may hold open streams and megabytes of cached facts; an evicted one is built again from the database.
const maximumHandles = 8;

/** Returns the function that returns a workspace's handle: the same one while it is among the most recently used. */
export const workspaceHandles = ({ local, databaseStreams }: Config): ((workspace: Workspace) => WorkspaceHandle) =>
  leastRecentlyUsed(
    maximumHandles,
    ({ id, databaseUrl, databaseToken }: Workspace) => JSON.stringify([id, databaseUrl, databaseToken]),
    (workspace) => ({
      workspace,
      wire: wireOf(workspace.databaseUrl, workspace.databaseToken, workspace.database),
      connections: local ? embeddedConnections(databaseStreams) : sharedConnections(databaseStreams),
      sizes: tableSizes(),
      recent: recentFlowRuns(),
      recentDeployments: recentDeployments(),
      writeCounters: writeCounters(),
      sharedReads: sharedBySockets(),
      actionSender: { busyUntil: 0, woken: false, idleAt: 0, unsettled: new Map() },
      evaluation: evaluationState(),
      taskWorkers: new Map(),
      keys: rememberedKeys(),
    }),
  );
