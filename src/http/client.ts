import { decodeBase64 as fromBase64 } from "hono/utils/encode";
import { parseClientVersion } from "../domain/client-version.ts";
import type { Principal } from "../domain/principal.ts";
import { normaliseUuid } from "../schemas/common.ts";
import { invalidRequest } from "./errors.ts";

/** Returns what a request tells about the client that sent it. */
export const clientOf = ({ headers }: Request): { client_version: string | null; api_version: string | null } => ({
  client_version: parseClientVersion(headers.get("user-agent")),
  api_version: headers.get("x-prefect-api-version"),
});

/** Returns the automation on whose behalf a run is made, null for none; throws 422 for an id that is none (flow_runs.md 2). */
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

/** Returns who makes a run: the automation on whose behalf it is made, else the sender; throws 422 as `automationOf` does. */
export const creatorOf = (request: Request, principal: Principal | null): Principal["creator"] =>
  automationOf(request) ?? principal?.creator ?? null;

/** Returns base64 of UTF-8 as text, null for anything else. */
export function decodeBase64(text: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(fromBase64(text));
  } catch {
    return null;
  }
}
