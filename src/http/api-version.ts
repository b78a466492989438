import { badRequest } from "./errors.ts";

/** The version of the API that is served. */
export const apiVersion = "0.8.4";
/** The newest Prefect server whose API is implemented. */
export const serverVersion = "3.9.1";
const minimum = [0, 8, 0] as const;

/**
 * Checks the client's `X-PREFECT-API-VERSION`; throws 400 for a malformed or too old one (`prefect/server/api/dependencies.py
 * EnforceMinimumAPIVersion`).
 */
export function checkApiVersion(headers: Headers): void {
  const sent = headers.get("x-prefect-api-version");
  if (sent === null || sent === "") return;
  const parts = sent.split(".");
  if (parts.length !== 3 || !parts.every((part) => /^\s*\d+\s*$/.test(part))) {
    throw badRequest(`Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received ${sent}`);
  }
  if (isOlder(parts.map(Number)))
    throw badRequest(
      `The request specified API version ${sent} but this server requires version ${minimum.join(".")} or higher.`,
    );
}

function isOlder(version: readonly number[]): boolean {
  for (const [i, least] of minimum.entries()) {
    const part = version[i] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
