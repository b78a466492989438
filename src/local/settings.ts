import { resolve } from "node:path";
import { LocalError } from "./errors.ts";

/** The settings of `npm start` from environment variables (the table in README.md). */
export type Settings = {
  host: string;
  port: number;
  dataDir: string;
  tickSeconds: number;
  authString: string | undefined;
  apiKey: string | undefined;
  metricsToken: string | undefined;
  /** Comma-separated, `*` for every origin. */
  allowedOrigins: string | undefined;
  log: string;
  /** `1`: webhooks and notifications may go to private addresses. */
  allowPrivateUrls: string | undefined;
  unresponsiveSeconds: string | undefined;
  /** `1`: clients up to 3.6.13 report without credentials. */
  legacySockets: string | undefined;
  /** The address of the user interface, for links in messages. */
  uiUrl: string | undefined;
  /** Where the web interface is: a folder, a Python, or `off`; undefined: it is searched for. */
  ui: string | undefined;
  /** The path that the web interface is served below, without a slash at its end. */
  uiBase: string;
  /** A database elsewhere; undefined: the embedded one. */
  remote: RemoteDatabase | undefined;
  /** How many of its connections are kept open; undefined: the default. */
  databaseStreams: string | undefined;
  /** The keys of stored secrets; undefined: the data folder has one of its own. */
  encryptionKey: string | undefined;
  /** The variables that say how many days what is over is kept; undefined: none is set. */
  retention: Readonly<Record<string, string>> | undefined;
};

/** A libSQL or Turso database, of TURSO_DATABASE_URL and TURSO_AUTH_TOKEN. */
export type RemoteDatabase = { url: string; token: string | undefined };

type Environment = Record<string, string | undefined>;

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;
const DAY = 86_400;
const RETAINED = ["FLOW_RUN", "TASK_RUN", "ARTIFACT", "LOG", "EVENT", "AUDIT"];
const LOG_LEVELS = ["error", "warn", "info"];

/** Returns the settings with their defaults; throws LocalError for the first malformed one. */
export function readSettings(environment: Environment): Settings {
  const host = given(environment, "HOST") ?? "127.0.0.1";
  const port = number(environment, { name: "PORT", fallback: 4200, meaning: "a port between 1 and 65535" });
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new LocalError(`PORT must be a port between 1 and 65535, not ${port}.`);
  const tick = { name: "MILLIWAYS_TICK_SECONDS", fallback: 60, meaning: `a number of seconds between 0 and ${DAY}` };
  const tickSeconds = number(environment, tick);
  if (tickSeconds < 0 || tickSeconds > DAY) throw new LocalError(`${tick.name} must be ${tick.meaning}, not ${tickSeconds}.`);
  const credentials = readCredentials(environment);
  const { authString, apiKey } = credentials;
  if (!LOOPBACK.test(host) && authString === undefined && apiKey === undefined) {
    throw new LocalError(`Set MILLIWAYS_AUTH_STRING or MILLIWAYS_API_KEY before HOST=${host}, which other machines may reach.`);
  }
  const log = given(environment, "MILLIWAYS_LOG") ?? "warn";
  if (!LOG_LEVELS.includes(log))
    throw new LocalError(`MILLIWAYS_LOG must be one of ${LOG_LEVELS.join(", ")}, not ${JSON.stringify(log)}.`);
  const dataDir = resolve(given(environment, "MILLIWAYS_DATA_DIR") ?? ".milliways");
  const encryptionKey = given(environment, "MILLIWAYS_ENCRYPTION_KEY");
  if (encryptionKey !== undefined && !encryptionKey.split(",").every((key) => /^[A-Za-z0-9+/]{43}=$/.test(key.trim())))
    throw new LocalError("MILLIWAYS_ENCRYPTION_KEY must be keys of 32 bytes in Base64, comma-separated.");
  const allowPrivateUrls = given(environment, "MILLIWAYS_ALLOW_PRIVATE_URLS");
  const uiUrl = given(environment, "MILLIWAYS_UI_URL");
  if (uiUrl !== undefined && !/^https?:\/\/[^/]/.test(uiUrl))
    throw new LocalError(`MILLIWAYS_UI_URL must be an address such as https://host, not ${JSON.stringify(uiUrl)}.`);
  const named = given(environment, "MILLIWAYS_UI");
  const ui = named === undefined || named === "off" ? named : resolve(named);
  const more = {
    ...credentials,
    allowedOrigins: readOrigins(environment),
    allowPrivateUrls,
    uiUrl,
    encryptionKey,
    remote: readRemote(environment),
    databaseStreams: given(environment, "MILLIWAYS_DATABASE_STREAMS"),
    retention: readRetention(environment),
    unresponsiveSeconds: readUnresponsive(environment),
    legacySockets: given(environment, "MILLIWAYS_LEGACY_SOCKETS"),
    ui,
    uiBase: uiBaseOf(environment),
  };
  return { host, port, dataDir, tickSeconds, log, ...more };
}

function readCredentials(environment: Environment): Pick<Settings, "authString" | "apiKey" | "metricsToken"> {
  const authString = given(environment, "MILLIWAYS_AUTH_STRING");
  if (authString !== undefined && !/^[^:]+:.+$/s.test(authString)) {
    throw new LocalError("MILLIWAYS_AUTH_STRING must be of the form user:password.");
  }
  const apiKey = given(environment, "MILLIWAYS_API_KEY");
  if (apiKey !== undefined && /\s/.test(apiKey)) throw new LocalError("MILLIWAYS_API_KEY must not contain white space.");
  const metricsToken = given(environment, "MILLIWAYS_METRICS_TOKEN");
  if (metricsToken !== undefined && /\s/.test(metricsToken))
    throw new LocalError("MILLIWAYS_METRICS_TOKEN must not contain white space.");
  return { authString, apiKey, metricsToken };
}

function readOrigins(environment: Environment): string | undefined {
  const allowedOrigins = given(environment, "MILLIWAYS_ALLOWED_ORIGINS");
  for (const origin of allowedOrigins?.split(",").map((one) => one.trim()) ?? []) {
    if (origin !== "*" && !(URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase()))
      throw new LocalError(
        `MILLIWAYS_ALLOWED_ORIGINS must be "*" or origins such as https://host, not ${JSON.stringify(origin)}.`,
      );
  }
  return allowedOrigins;
}

function readUnresponsive(environment: Environment): string | undefined {
  const unresponsiveSeconds = given(environment, "MILLIWAYS_UNRESPONSIVE_SECONDS");
  if (unresponsiveSeconds !== undefined && !(Number(unresponsiveSeconds) >= 10 && Number(unresponsiveSeconds) <= 86_400))
    throw new LocalError(
      `MILLIWAYS_UNRESPONSIVE_SECONDS must be a number of seconds from 10 to 86400, not ${JSON.stringify(unresponsiveSeconds)}.`,
    );
  return unresponsiveSeconds;
}

// What was given may contain a password: it is not repeated.
function readRemote(environment: Environment): RemoteDatabase | undefined {
  const url = given(environment, "TURSO_DATABASE_URL");
  if (url === undefined) return undefined;
  if (!URL.canParse(url) || !/^(libsql|https?):\/\/[^/]/.test(url))
    throw new LocalError("TURSO_DATABASE_URL must be an address such as libsql://host or https://host.");
  return { url, token: given(environment, "TURSO_AUTH_TOKEN") };
}

function readRetention(environment: Environment): Settings["retention"] {
  const found = RETAINED.flatMap((kind): [string, string][] => {
    const name = `MILLIWAYS_${kind}_RETENTION_DAYS`;
    const text = given(environment, name);
    if (text === undefined) return [];
    const days = Number(text);
    if (!(days >= 1 / 24 && days <= 36_500))
      throw new LocalError(`${name} must be a number of days, from an hour (1/24) to 36500, not ${JSON.stringify(text)}.`);
    return [[name, text]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function uiBaseOf(environment: Environment): string {
  const base = given(environment, "MILLIWAYS_UI_BASE")?.replace(/\/+$/, "") ?? "";
  const isServed = !/^\/(api|docs|metrics|redoc|v2|swagger-ui|ui-settings)(\/|$)/.test(base);
  if (base !== "" && !(isServed && /^(\/[\w-][\w.-]*)+$/.test(base)))
    throw new LocalError(`MILLIWAYS_UI_BASE must be a path of its own such as /prefect, not ${JSON.stringify(base)}.`);
  return base;
}

/** Returns the local URL of a server that listens on a host. */
export function baseUrl({ host, port }: Pick<Settings, "host" | "port">): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

// Shells, containers and CI files pass "not set" as an empty variable.
function given(environment: Environment, name: string): string | undefined {
  return environment[name] === "" ? undefined : environment[name];
}

function number(environment: Environment, setting: { name: string; fallback: number; meaning: string }): number {
  const text = given(environment, setting.name);
  if (text === undefined) return setting.fallback;
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new LocalError(`${setting.name} must be ${setting.meaning}, not ${JSON.stringify(text)}.`);
  return Number(text);
}
