/**
 * The permissions of an operation: read, start and cancel runs, the requests of workers, change deployments, administer the
 * server.
 */
export const scopes = ["read", "run", "work", "develop", "administer"] as const;
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
