import type { Context } from "hono";
import type { Config } from "../../env.ts";
import { needsCredentials } from "../credentials.ts";
import { errorResponse, forbidden } from "../errors.ts";

const methods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY";

/** The CORS policy of a server. */
export interface CrossOrigin {
  /** Returns the response to a preflight or to a refused origin or host; null for a request that proceeds. */
  readonly answer: (c: Context, origin: string | undefined) => Response | null;
  /** Adds the CORS headers for an origin to the response of a request that proceeded. */
  readonly addHeaders: (c: Context, origin: string) => void;
}

/**
 * CORS, as in `prefect/server/api/server.py create_app` (CORSMiddleware). A server without credentials is for its own machine: it
 * refuses a `Host` that is not loopback (DNS rebinding) and an `Origin` of another site, except those in
 * MILLIWAYS_ALLOWED_ORIGINS.
 */
export function crossOrigin(config: Config): CrossOrigin {
  const isForAll = needsCredentials(config);
  return {
    answer(c, origin) {
      if (!isForAll && !(isKnownHost(config, hostOf(c)) && (origin === undefined || isOwnOrAllowed(config, origin))))
        return errorResponse(forbidden(refusalOf));
      if (origin === undefined || c.req.method !== "OPTIONS" || c.req.header("access-control-request-method") === undefined)
        return null;
      const asked = c.req.header("access-control-request-headers");
      return new Response("OK", {
        headers: {
          ...allowedOrigin(config, origin),
          "access-control-allow-methods": methods,
          ...(asked !== undefined && { "access-control-allow-headers": asked }),
          "access-control-max-age": "600",
        },
      });
    },
    addHeaders(c, origin) {
      if (c.res.status === 101) return;
      for (const [name, value] of Object.entries(allowedOrigin(config, origin))) c.res.headers.set(name, value);
    },
  };
}

const refusalOf =
  "This server has no credentials and answers its own machine only: set MILLIWAYS_AUTH_STRING, or name this site in MILLIWAYS_ALLOWED_ORIGINS.";

/** A loopback host, with any port. */
const loopback = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?$/i;

const hostOf = (c: Context): string => c.req.header("host") ?? new URL(c.req.url).host;

/** Returns the host of an origin such as `http://localhost:4200`, null for `null` and for invalid origins. */
function hostOfOrigin(origin: string): string | null {
  try {
    const { host, origin: normal } = new URL(origin);
    return normal === "null" ? null : host;
  } catch {
    return null;
  }
}

function isKnownHost({ allowedOrigins }: Config, host: string): boolean {
  if (allowedOrigins === "*" || loopback.test(host)) return true;
  return allowedOrigins?.some((origin) => hostOfOrigin(origin) === host.toLowerCase()) ?? false;
}

function isOwnOrAllowed({ allowedOrigins }: Config, origin: string): boolean {
  if (allowedOrigins === "*" || allowedOrigins?.includes(origin)) return true;
  const host = hostOfOrigin(origin);
  return host !== null && loopback.test(host);
}

// With credentials every origin is allowed, as in the reference, unless the setting restricts them.
function allowedOrigin(config: Config, origin: string): Record<string, string> {
  const { allowedOrigins } = config;
  if (allowedOrigins === "*" || (allowedOrigins === null && needsCredentials(config)))
    return { "access-control-allow-origin": "*" };
  return isOwnOrAllowed(config, origin) ? { "access-control-allow-origin": origin, vary: "Origin" } : { vary: "Origin" };
}
