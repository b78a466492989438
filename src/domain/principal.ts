/**
 * The permissions that operations need, as workspace roles of Prefect Cloud list theirs: for each group one to read and one to change it
 * (`see_`, `manage_`), and one for what runs, runners and workers do (`run_`, `take_`, `write_`). `see_secrets` is needed beside
 * `see_blocks` where a request asks for the secrets of blocks.
 */
export const scopes = [
  "see_server",
  "manage_server",
  "see_audit",
  "see_keys",
  "manage_keys",
  "see_flows",
  "manage_flows",
  "run_flows",
  "see_flow_runs",
  "manage_flow_runs",
  "see_logs",
  "write_logs",
  "see_events",
  "write_events",
  "see_deployments",
  "write_deployments",
  "manage_deployments",
  "run_deployments",
  "see_work_pools",
  "write_work_pools",
  "manage_work_pools",
  "run_workers",
  "see_concurrency_limits",
  "manage_concurrency_limits",
  "take_concurrency_slots",
  "see_blocks",
  "see_secrets",
  "manage_blocks",
  "see_variables",
  "manage_variables",
  "see_artifacts",
  "write_artifacts",
  "manage_artifacts",
  "see_saved_searches",
  "manage_saved_searches",
  "see_automations",
  "manage_automations",
] as const;
export type Scope = (typeof scopes)[number];

/** Who made an object, as `created_by` and `updated_by` show it. */
export interface Creator {
  readonly id: string | null;
  readonly type: string;
  readonly display_value: string | null;
}

/** Who has sent a request. */
export interface Principal {
  /** For people and logs; contains no secret. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The value of `created_by` and `updated_by`; null without accounts, as in the reference. */
  readonly creator: Creator | null;
  /** The role of an API key. */
  readonly role?: string;
}

/** The holder of the configured credentials: may do everything. */
export const configured: Principal = { name: "configured", scopes: new Set(scopes), creator: null };

/** Anyone at a server that has neither credentials nor keys: may do everything. */
export const anonymous: Principal = { ...configured, name: "anonymous" };
