/** The Worker's bindings, by their names in wrangler.toml and its secrets. */
export interface Env {
  readonly TURSO_DATABASE_URL?: string;
  readonly TURSO_AUTH_TOKEN?: string;
  readonly MILLIWAYS_AUTH_STRING?: string;
  readonly MILLIWAYS_API_KEY?: string;
  /** The Bearer token that reads `/metrics`. */
  readonly MILLIWAYS_METRICS_TOKEN?: string;
  readonly MILLIWAYS_ALLOWED_ORIGINS?: string;
  /** 32-byte keys in Base64, comma-separated; the first encrypts. */
  readonly MILLIWAYS_ENCRYPTION_KEY?: string;
  /** `1`: webhooks and notifications may go to private addresses. */
  readonly MILLIWAYS_ALLOW_PRIVATE_URLS?: string;
  /** The address of the user interface, for links in messages. */
  readonly MILLIWAYS_UI_URL?: string;
  readonly MILLIWAYS_LOG?: string;
  readonly MILLIWAYS_TICK_SECONDS?: string;
  readonly MILLIWAYS_SOCKET_REQUESTS?: string;
  readonly MILLIWAYS_SOCKET_POLL_SECONDS?: string;
  readonly MILLIWAYS_DATABASE_STREAMS?: string;
  readonly MILLIWAYS_FLOW_RUN_RETENTION_DAYS?: string;
  readonly MILLIWAYS_TASK_RUN_RETENTION_DAYS?: string;
  readonly MILLIWAYS_ARTIFACT_RETENTION_DAYS?: string;
  readonly MILLIWAYS_LOG_RETENTION_DAYS?: string;
  readonly MILLIWAYS_EVENT_RETENTION_DAYS?: string;
  readonly MILLIWAYS_AUDIT_RETENTION_DAYS?: string;
  readonly MILLIWAYS_UNRESPONSIVE_SECONDS?: string;
  /** `1`: clients up to 3.6.13 report without credentials. */
  readonly MILLIWAYS_LEGACY_SOCKETS?: string;
  /** Set by `npm start` only: a server on a developer's machine may run without credentials. */
  readonly MILLIWAYS_LOCAL?: string;
  /** The way to the database where `fetch` reaches public addresses alone: bound by `npm start`. */
  readonly DATABASE?: Pick<Fetcher, "fetch">;
  /** The static files: the web interface and the pages of documentation. */
  readonly ASSETS?: Pick<Fetcher, "fetch">;
}

const logLevels = ["error", "warn", "info"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Config {
  readonly databaseUrl: string;
  readonly databaseToken: string | undefined;
  /** Sends requests to the database; undefined: `fetch` does. */
  readonly database: Pick<Fetcher, "fetch"> | undefined;
  readonly assets: Pick<Fetcher, "fetch"> | undefined;
  /** `user:password` of HTTP Basic. */
  readonly authString: string | undefined;
  /** A Bearer token. */
  readonly apiKey: string | undefined;
  /** The Bearer token that reads the metrics, and nothing else. */
  readonly metricsToken: string | undefined;
  /** The origins allowed by CORS: `https://host`, or `*` for every origin; null for the default. */
  readonly allowedOrigins: readonly string[] | "*" | null;
  /** The keys of stored secrets in Base64, of which the first encrypts; none: secrets are neither stored nor shown. */
  readonly encryptionKeys: readonly string[];
  /** Whether requests to servers of users may go to private addresses. */
  readonly allowsPrivateUrls: boolean;
  /** The address of the user interface without a slash at its end; null: unknown. */
  readonly uiUrl: string | null;
  readonly logLevel: LogLevel;
  /** False: runs are created and marked late only by requests, for servers without cron. */
  readonly worksByItself: boolean;
  /** The number of database requests after which a socket closes itself. */
  readonly socketRequests: number;
  /**
   * The poll interval of an idle socket for writes of other isolates, in seconds; three times as long after a minute without
   * rows.
   */
  readonly socketPollSeconds: number;
  /** The number of database streams that an isolate keeps open between requests. */
  readonly databaseStreams: number;
  readonly retention: Retention;
  /** After how long without a heartbeat a running flow run is crashed, in microseconds; undefined: never. */
  readonly unresponsiveAfter: number | undefined;
  /** Whether clients up to 3.6.13, which send no credentials over sockets, may report events of runs. */
  readonly legacySockets: boolean;
  readonly local: boolean;
}

/**
 * How long what is over is kept, in microseconds; undefined: for ever. The reference's names: `server.events.retention_period` and
 * `server.services.db_vacuum.retention_period`, which is that of flow runs and what belongs to them.
 */
export interface Retention {
  readonly flow_runs: number | undefined;
  readonly task_runs: number | undefined;
  readonly artifacts: number | undefined;
  readonly logs: number | undefined;
  readonly audit: number | undefined;
  readonly events: number;
}

/** A configuration with which the Worker does not serve; the message is for the operator and contains no secret. */
export class ConfigError extends Error {}

const present = (text: string | undefined): string | undefined => (text === undefined || text === "" ? undefined : text);

const isLogLevel = (text: string): text is LogLevel => logLevels.some((level) => level === text);

/** Returns the origins of a comma-separated list; throws ConfigError for an invalid one. */
function readOrigins(text: string | undefined): Config["allowedOrigins"] {
  if (text === undefined) return null;
  const origins = text.split(",").map((origin) => origin.trim());
  if (origins.includes("*")) return "*";
  for (const origin of origins) {
    const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase();
    if (!isOrigin)
      throw new ConfigError(`MILLIWAYS_ALLOWED_ORIGINS: ${JSON.stringify(origin)} is not an origin such as https://host.`);
  }
  return origins.map((origin) => origin.toLowerCase());
}

const keyOf32Bytes = /^[A-Za-z0-9+/]{43}=$/;

/** Returns the keys of a comma-separated list; throws ConfigError for one that is none. */
function readEncryptionKeys(text: string | undefined): Config["encryptionKeys"] {
  const keys = text?.split(",").map((key) => key.trim()) ?? [];
  if (!keys.every((key) => keyOf32Bytes.test(key)))
    throw new ConfigError(
      "MILLIWAYS_ENCRYPTION_KEY must be keys of 32 bytes in Base64, comma-separated: see `openssl rand -base64 32`.",
    );
  return keys;
}

const dayMicros = 86_400_000_000;
const shortestDays = 1 / 24;
const longestDays = 36_500;

function readDays(env: Env, kind: "FLOW_RUN" | "TASK_RUN" | "ARTIFACT" | "LOG" | "EVENT" | "AUDIT"): number | undefined {
  const name = `MILLIWAYS_${kind}_RETENTION_DAYS` as const;
  const text = present(env[name]);
  if (text === undefined) return undefined;
  const days = Number(text);
  if (!(days >= shortestDays && days <= longestDays))
    throw new ConfigError(`${name} must be a number of days, from an hour (1/24) to ${longestDays}.`);
  return Math.round(days * dayMicros);
}

const longestUnresponsive = 86_400;

function readUnresponsive(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds >= 10 && seconds <= longestUnresponsive))
    throw new ConfigError(`MILLIWAYS_UNRESPONSIVE_SECONDS must be a number of seconds from 10 to ${longestUnresponsive}.`);
  return Math.round(seconds * 1_000_000);
}

/** Returns the configuration; throws ConfigError for an invalid or unsafe one. */
export function readConfig(env: Env): Config {
  const local = env.MILLIWAYS_LOCAL === "1";
  const databaseUrl = present(env.TURSO_DATABASE_URL);
  if (databaseUrl === undefined)
    throw new ConfigError("TURSO_DATABASE_URL is not set: run `wrangler secret put TURSO_DATABASE_URL`.");
  const authString = present(env.MILLIWAYS_AUTH_STRING);
  const apiKey = present(env.MILLIWAYS_API_KEY);
  if (!local && authString === undefined && apiKey === undefined) {
    throw new ConfigError(
      "Neither MILLIWAYS_AUTH_STRING nor MILLIWAYS_API_KEY is set: a deployed Worker does not serve without credentials.",
    );
  }
  const logLevel = present(env.MILLIWAYS_LOG) ?? (local ? "warn" : "info");
  if (!isLogLevel(logLevel)) throw new ConfigError(`MILLIWAYS_LOG must be one of ${logLevels.join(", ")}.`);
  return {
    databaseUrl,
    databaseToken: present(env.TURSO_AUTH_TOKEN),
    database: env.DATABASE,
    assets: env.ASSETS,
    authString,
    apiKey,
    metricsToken: present(env.MILLIWAYS_METRICS_TOKEN),
    allowedOrigins: readOrigins(present(env.MILLIWAYS_ALLOWED_ORIGINS)),
    encryptionKeys: readEncryptionKeys(present(env.MILLIWAYS_ENCRYPTION_KEY)),
    allowsPrivateUrls: env.MILLIWAYS_ALLOW_PRIVATE_URLS === "1",
    uiUrl: present(env.MILLIWAYS_UI_URL)?.replace(/\/+$/, "") ?? null,
    logLevel,
    worksByItself: present(env.MILLIWAYS_TICK_SECONDS) !== "0",
    socketRequests: Number(present(env.MILLIWAYS_SOCKET_REQUESTS) ?? (local ? 100_000 : 900)),
    socketPollSeconds: Number(present(env.MILLIWAYS_SOCKET_POLL_SECONDS) ?? 5),
    databaseStreams: Number(present(env.MILLIWAYS_DATABASE_STREAMS) ?? (local ? 24 : 16)),
    retention: {
      flow_runs: readDays(env, "FLOW_RUN"),
      task_runs: readDays(env, "TASK_RUN"),
      artifacts: readDays(env, "ARTIFACT"),
      logs: readDays(env, "LOG"),
      audit: readDays(env, "AUDIT"),
      events: readDays(env, "EVENT") ?? 7 * dayMicros,
    },
    legacySockets: env.MILLIWAYS_LEGACY_SOCKETS === "1",
    unresponsiveAfter: readUnresponsive(present(env.MILLIWAYS_UNRESPONSIVE_SECONDS)),
    local,
  };
}
