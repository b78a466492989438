import { decodeBase64 as fromBase64 } from "hono/utils/encode";
import { parseClientVersion } from "../domain/client-version.ts";
import type { Principal } from "../domain/principal.ts";
import { normaliseUuid } from "../schemas/common.ts";
import { invalidRequest } from "./errors.ts";

/** Returns the versions of the client that sent a request. */
export const clientOf = ({ headers }: Request): { client_version: string | null; api_version: string | null } => ({
  client_version: parseClientVersion(headers.get("user-agent")),
  api_version: headers.get("x-prefect-api-version"),
});

/**
 * Returns the automation that a run is created for, null for none; throws 422 for a malformed id
 * (`prefect/server/api/dependencies.py get_created_by`).
 */
export function automationOf({ headers }: Request): { id: string; type: "AUTOMATION"; display_value: string } | null {
  const id = headers.get("prefect-automation-id");
  const name = headers.get("prefect-automation-name");
  if (id !== null && normaliseUuid(id) === null) {
    throw invalidRequest(
      [{ type: "uuid_parsing", loc: ["header", "prefect-automation-id"], msg: "Input should be a valid UUID", input: id }],
      null,
    );
  }
  const display_value = name === null ? null : decodeBase64(name);
  return id === null || display_value === null ? null : { id: normaliseUuid(id) ?? id, type: "AUTOMATION", display_value };
}

/** Returns the creator of a run: the automation that it is created for, else the sender; throws 422 as `automationOf` does. */
export const creatorOf = (request: Request, principal: Principal | null): Principal["creator"] =>
  automationOf(request) ?? principal?.creator ?? null;

/** Decodes base64 of UTF-8; null for anything else. */
export function decodeBase64(text: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(fromBase64(text));
  } catch {
    return null;
  }
}
