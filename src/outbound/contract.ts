import type { Micros } from "../lib/time.ts";

/** A request to a server that a user configured: a webhook, or the service of a notification block. */
export interface OutboundRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Refuses private addresses also where the server allows them: a block's `allow_private_urls` is false. */
  readonly public_only?: boolean;
}

/** Why there is no response: the address is forbidden, or the server exceeded the time or size limit. */
export type OutboundOutcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: "refused_address"; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string };

/**
 * The only outgoing requests beside the database's. An implementation never connects to a private, loopback or link-local
 * address, follows no redirect to one, stops at `deadline`, and keeps headers and bodies out of logs and errors.
 */
export type Outbound = (request: OutboundRequest, deadline: Micros) => Promise<OutboundOutcome>;
