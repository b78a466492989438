import type * as z from "zod";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import { type Connection, closeCodes, readJson } from "./connection.ts";
import type { Refusal } from "./handshake.ts";

/** A client's subscription: the filter, and its whole message. */
export interface Subscription<Filter> {
  readonly filter: Filter;
  readonly message: JsonObject;
}

const refuse = (reason: string): Refusal => ({ code: closeCodes.protocolError, reason });

/** Reads a client's subscription message; returns the refusal of an invalid one, null where the client disconnected. */
export async function readSubscription<Schema extends z.ZodType>(
  connection: Connection,
  schema: Schema,
): Promise<Subscription<z.output<Schema>> | Refusal | null> {
  const message = await connection.next();
  if (message === null) return null;
  const value = readJson(message);
  if (!isJsonObject(value) || value.type !== "filter") return refuse("Expected 'filter' message");
  const outcome = schema.safeParse(value.filter);
  if (outcome.success) return { filter: outcome.data, message: value };
  const [issue] = outcome.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return refuse(`Invalid filter: ${place}${issue?.message ?? ""}`);
}
