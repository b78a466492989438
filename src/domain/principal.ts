/** What an operation may do: read, start and cancel runs, do the work of a worker, change what is deployed, administer the server. */
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
  /** For people and logs; never a secret. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** What objects show as `created_by` and `updated_by`; null: nothing, as the reference without accounts. */
  readonly creator: Creator | null;
}

/** The one principal of a server with configured credentials, or with none. */
export const configured: Principal = { name: "configured", scopes: new Set(scopes), creator: null };
