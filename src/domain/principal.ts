/**
 * The permissions that operations need, as workspace roles of Prefect Cloud list theirs: for each group one to read and one to change it
 * (`see_`, `manage_`), and one for what runs, runners and workers do (`run_`, `take_`, `write_`).
 */
export const scopes = [
  "see_server",
  "manage_server",
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
  "manage_deployments",
  "run_deployments",
  "see_work_pools",
  "manage_work_pools",
  "run_workers",
  "see_concurrency_limits",
  "manage_concurrency_limits",
  "take_concurrency_slots",
  "see_blocks",
  "manage_blocks",
  "see_variables",
  "manage_variables",
  "see_artifacts",
  "write_artifacts",
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
}

/**
 * The only principal of a server without accounts: the holder of the configured credentials, or anyone where none are configured.
 */
export const configured: Principal = { name: "configured", scopes: new Set(scopes), creator: null };
