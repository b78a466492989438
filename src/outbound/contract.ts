import type { Micros } from "../lib/time.ts";

/** A request to a server that a user named: a webhook, or the service behind a notification block. */
export interface OutboundRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Why no answer came: the address is none that may be called, or the server did not answer within the time or the size allowed. */
export type OutboundOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  | { readonly kind: "refused_address"; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string };

/**
 * The only way to anything but the database. An implementation never reaches a private, loopback or link-local address, follows no redirect
 * to one, gives up at `deadline`, and keeps headers and bodies out of logs and errors.
 */
export type Outbound = (request: OutboundRequest, deadline: Micros) => Promise<OutboundOutcome>;
