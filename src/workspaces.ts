import type { Config } from "./env.ts";
import { leastRecentlyUsed } from "./lib/least-recently-used.ts";
import { type Shared, sharedBySockets, type TaskWorkers } from "./sockets/shared-reads.ts";
import { type Wire, wireOf } from "./store/client.ts";
import { type RecentFlowRuns, recentFlowRuns } from "./store/flow-runs/recent.ts";
import { type Connections, embeddedConnections, sharedConnections } from "./store/hrana/connections.ts";
import { type Marks, marks } from "./store/marks.ts";
import { type TableSizes, tableSizes } from "./store/table-sizes.ts";

/** The database that a request works on. Two with the same id are the same. */
export interface Workspace {
  readonly id: string;
  readonly databaseUrl: string;
  readonly databaseToken: string | undefined;
}

/**
 * What outlives the requests of one workspace in an isolate. Nothing of it may serve another workspace: a kept stream is bound to its
 * database, waiting writes are sent as one transaction, and what was read is shown to whoever asks for the same.
 */
export interface WorkspaceHandle {
  readonly workspace: Workspace;
  readonly connections: Connections;
  /** The database's address as requests need it. */
  readonly wire: Wire;
  readonly sizes: TableSizes;
  /** Per-isolate optimistic cache of run facts; every use is verified by the guarded write. */
  readonly recent: RecentFlowRuns;
  /** Which kinds of rows this isolate has written, for those who follow them. */
  readonly marks: Marks;
  /** What followers have just read, for the others at the same place. */
  readonly shared: Shared;
  /** The sockets that serve as task workers, by id. */
  readonly taskWorkers: TaskWorkers;
}

/** The workspace of a server whose database is configured. */
export const configuredWorkspace = ({ databaseUrl, databaseToken }: Config): Workspace => ({
  id: "default",
  databaseUrl,
  databaseToken,
});

// Each may keep streams open and megabytes of recent facts; what is dropped is read again.
const mostKept = 8;

/** Returns what gives the handle of a workspace: the same one while the workspace is among the last that were used. */
export const workspaceHandles = ({ local, databaseStreams }: Config): ((workspace: Workspace) => WorkspaceHandle) =>
  leastRecentlyUsed(
    mostKept,
    ({ id, databaseUrl, databaseToken }: Workspace) => JSON.stringify([id, databaseUrl, databaseToken]),
    (workspace) => ({
      workspace,
      wire: wireOf(workspace.databaseUrl, workspace.databaseToken),
      connections: local ? embeddedConnections(databaseStreams) : sharedConnections(databaseStreams),
      sizes: tableSizes(),
      recent: recentFlowRuns(),
      marks: marks(),
      shared: sharedBySockets(),
      taskWorkers: new Map(),
    }),
  );
