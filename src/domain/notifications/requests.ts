import type { Micros } from "../../lib/time.ts";

/** A message that a block delivers. */
export interface Notification {
  readonly subject: string | null;
  readonly body: string;
  readonly now: Micros;
}

/** A request to the service of a block. Address, headers and body hold secrets. */
export interface NotificationRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly public_only?: boolean;
}

/** The block cannot deliver notifications; the message contains no secret. */
export class BlockRefused extends Error {}
