import { TrieRouter } from "hono/router/trie-router";
import { createApp, operations } from "../../src/app.ts";
import { type Deps, type Isolate, isolateOf, type Scope } from "../../src/deps.ts";
import { type Env, readConfig } from "../../src/env.ts";
import { openApiDocument } from "../../src/http/openapi.ts";
import type { Operation } from "../../src/http/operation.ts";
import { routesOf } from "../../src/http/paths.ts";
import { parseJson, stringifyJson } from "../../src/lib/json.ts";
import type { Database } from "../../src/store/client.ts";
import { shapesOf } from "../contract/shapes.ts";
import { freshDatabase } from "./database.ts";

/** One answer: its status, its JSON and what it cost. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
  readonly roundTrips: number;
}

export interface TestApp {
  readonly request: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>;
  readonly post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly patch: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly put: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly delete: (path: string, headers?: Record<string, string>) => Promise<Answer>;
  /** Dependencies on the same database, as a cron tick or a socket gets them. */
  readonly deps: () => Deps;
  /** The isolate, for another app on the same database. */
  readonly isolate: Isolate;
  /** Puts something between the requests from now on and their database. */
  readonly wrapDatabase: (wrap: (db: Database) => Database) => void;
  /** Waits for the work that went on behind the answers. */
  readonly settled: () => Promise<void>;
}

/**
 * Returns the app on a migrated database of its own. Every answer has a status that the API's description has for its operation, and
 * one of the 200s is parsed with the operation's schema, so that no test passes on an answer that breaks the contract. An open server
 * asks once a minute whether there are keys; `knowsKeys` says that it knows that there are none, so that no test counts this round trip.
 */
export async function testApp(env: Env = {}, changes: Partial<Deps> = {}, { knowsKeys = true } = {}): Promise<TestApp> {
  const { url } = await freshDatabase();
  const config = readConfig({
    TURSO_DATABASE_URL: url,
    MILLIWAYS_LOCAL: "1",
    MILLIWAYS_TICK_SECONDS: "0",
    MILLIWAYS_LOG: "error",
    MILLIWAYS_ENCRYPTION_KEY: btoa("a key for tests: 32 bytes long ."),
    MILLIWAYS_DATABASE_STREAMS: "2",
    ASSETS: staticFiles,
    ...env,
  });
  const behind: Promise<unknown>[] = [];
  const made = isolateOf(config);
  const depsFor = (scope: Scope) => ({ ...made.deps(scope), ...changes });
  const deps = () => depsFor({ principal: null, waitUntil: (work) => void behind.push(work) });
  let last: Deps | undefined;
  let wrap = (db: Database) => db;
  const isolate: Isolate = {
    platform: { ...made.platform, ...changes },
    deps: (scope) => {
      const plain = depsFor({ ...scope, waitUntil: (work) => void behind.push(work) });
      last = { ...plain, db: wrap(plain.db) };
      return last;
    },
  };
  const app = createApp(isolate);
  if (knowsKeys) deps().keys.rememberExistence(false, { now: Number.MAX_SAFE_INTEGER / 2, generation: 0 });
  const request: TestApp["request"] = async (method, path, body, headers = {}) => {
    const content =
      body === undefined ? {} : { body: typeof body === "string" || body instanceof Uint8Array ? body : stringifyJson(body) };
    const response = await app.request(`/api${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...content,
    } as RequestInit);
    const text = await response.text();
    const isJson = text !== "" && (response.headers.get("content-type")?.startsWith("application/json") ?? false);
    const answer = {
      status: response.status,
      body: isJson ? parseJson(text) : null,
      text,
      headers: response.headers,
      roundTrips: last?.db.roundTrips() ?? 0,
    };
    checkContract(method, path, { ...answer, body: isJson ? JSON.parse(text) : undefined });
    return answer;
  };
  return {
    request,
    get: (path, headers) => request("GET", path, undefined, headers),
    post: (path, body, headers) => request("POST", path, body, headers),
    patch: (path, body, headers) => request("PATCH", path, body, headers),
    put: (path, body, headers) => request("PUT", path, body, headers),
    delete: (path, headers) => request("DELETE", path, undefined, headers),
    deps,
    isolate,
    wrapDatabase: (next) => {
      wrap = next;
    },
    settled: async () => {
      while (behind.length > 0) await Promise.allSettled(behind.splice(0));
    },
  };
}

const router = new TrieRouter<Operation>();
for (const { operation, path } of routesOf(operations, "")) router.add(operation.method, path, operation);
const description = openApiDocument(operations);
const documented = shapesOf(description).operations;

// The static files of a server without an interface, as far as the API shows them.
const staticFiles: Pick<Fetcher, "fetch"> = {
  fetch: async (input) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    return pathname === "/openapi.json" ? Response.json(description) : new Response(null, { status: 404 });
  },
};

// What Milliways says of itself is what it does: statuses and bodies of all tests are held to the description.
function checkContract(method: string, path: string, { status, body, text }: Answer): void {
  const operation = operationAt(method, path);
  if (operation === undefined) return;
  const { statuses = [] } = documented[`${method} ${operation.path}`] ?? {};
  if (!statuses.includes(status))
    throw new Error(`${method} ${path} answered ${status}, its description has ${statuses.join(", ")}\n${text.slice(0, 2000)}`);
  if (status >= 300 || body === undefined || operation.response === undefined) return;
  const outcome = operation.response.safeParse(body);
  if (!outcome.success) throw new Error(`${method} ${path} broke its contract: ${outcome.error.message}\n${text.slice(0, 2000)}`);
}

// Dots in a path are taken away on the way, and an encoded slash is in no path of the API.
function operationAt(method: string, path: string): Operation | undefined {
  const { pathname } = new URL(`http://server/api${path}`);
  if (!pathname.startsWith("/api/") || /%2f/i.test(pathname)) return undefined;
  const [[first]] = router.match(method, decoded(pathname.slice("/api".length)));
  return first?.[0];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
