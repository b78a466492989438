import type * as z from "zod";
import type { ReadJson } from "../lib/json.ts";

/** Parses a client's input with a schema: faults show the plain form, free JSON is returned in its exact form. */
export function parseSent<Schema extends z.ZodType>(schema: Schema, sent: ReadJson): z.ZodSafeParseResult<z.output<Schema>> {
  const outcome = schema.safeParse(sent.plain);
  return outcome.success && sent.exact !== sent.plain ? schema.safeParse(sent.exact) : outcome;
}
