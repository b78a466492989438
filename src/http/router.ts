import { type Context, Hono } from "hono";
import type { Deps, Isolate, Platform } from "../deps.ts";
import type { Principal, Scope } from "../domain/principal.ts";
import { authenticate, type Keys } from "./authenticate.ts";
import { hasToken, readCredentials } from "./credentials.ts";
import { ApiError, errorResponse, internalError, missingScope, notFound, unauthorized } from "./errors.ts";
import { front, hasEncodedSlash } from "./middleware/front.ts";
import type { Operation } from "./operation.ts";
import { methodsByPath, routePath, routesOf } from "./paths.ts";
import { RememberingRouter } from "./remembering-router.ts";
import { type AppEnv, type OperationCall, responseForError, runOperation } from "./route.ts";

/** An API path that is upgraded to a websocket. */
export interface SocketRoute {
  /** In the syntax of operations: `/work_pools/{name}/workers/connect`. */
  readonly path: string;
  /** What its client needs: the socket's handshake checks it. */
  readonly scope: Scope;
  open(request: Request, deps: Deps, params: Record<string, string>): Response | Promise<Response>;
}

/** A page outside of the API. */
export interface Page {
  readonly path: string;
  /** What its reader needs, as of an operation; null: anybody may read it. */
  readonly scope: Scope | null;
  /** A Bearer token that suffices in place of the scope. */
  readonly token?: string | undefined;
  read(request: Request, keys: Keys, deps: Deps): Response | Promise<Response>;
}

/** Returns the dependencies of an operation's handler, the id of a request that the audit tells, and what is called when it has ended. */
export type Audited = (
  deps: Deps,
  given: Omit<OperationCall, "deps"> & { operation: Operation },
) => { deps: Deps; requestId?: string; end(): void };

/** Everything that a server serves. */
export interface Site {
  readonly prefix: string;
  readonly operations: readonly Operation[];
  readonly sockets: readonly SocketRoute[];
  readonly pages: readonly Page[];
  /** Returns what there is at a path that is neither the API's nor a page; null: nothing. */
  readonly files: (request: Request, keys: Keys) => Promise<Response | null>;
  /** Returns the sender of a request with this `Authorization` header, null for wrong credentials; by default as `authenticate` does. */
  readonly senderOf?: ((header: string | undefined) => Promise<Principal | null>) | undefined;
  /** Returns the API keys of a request's database. */
  readonly keysOf: (deps: Deps) => Keys;
  /** Called before an operation; what it returns is called after it, to start background work. */
  readonly afterwards: (deps: Deps) => () => void;
  readonly audited: Audited;
}

/**
 * Returns the server: finds the route, creates the request's dependencies, authenticates the sender and checks the scope. Responds
 * 404 for unknown paths, 405 with `Allow` for other methods, 307 for a missing or additional trailing slash; errors have the API's form.
 */
export function createRouter(site: Site, isolate: Isolate): Hono<AppEnv> {
  const { prefix, operations, sockets, pages, files, keysOf } = site;
  const { platform } = isolate;
  const app = new Hono<AppEnv>({ router: new RememberingRouter() });
  const routes = routesOf(operations, prefix);
  const methodsOf = methodsByPath([
    ...routes.map(({ operation: { method }, path }) => ({ method, path })),
    ...pages.map(({ path }) => ({ method: "GET" as const, path })),
  ]);
  const { enter, senderOf } = entranceOf(site, isolate);
  const isOfApi = (c: Context) => c.req.path.startsWith(`${prefix}/`);
  const unknown = async (c: Context<AppEnv>): Promise<Response> => {
    const ofApi = isOfApi(c);
    const deps = enter(c);
    if (ofApi && (await senderOf(c, deps)) === null) return errorResponse(unauthorized());
    const file = ofApi ? null : await files(c.req.raw, keysOf(deps));
    return file ?? respondToUnknown(c, { methodsOf, isOfApi: ofApi });
  };

  app.use(front(platform, unknown));
  // A socket's handshake checks the credentials itself. Without an upgrade its path is unknown.
  for (const { path, open } of sockets)
    app.get(prefix + routePath(path), (c, next) => {
      if (!isUpgrade(c)) return next();
      c.set("route", path);
      return open(c.req.raw, enter(c), c.req.param());
    });
  servePages(app, site, isolate);
  for (const { operation, path } of routes)
    app.on(operation.method, path, async (c) => {
      c.set("route", operation.path);
      const { scope } = operation;
      const entered = enter(c);
      const principal = scope === null ? null : await senderOf(c, entered);
      if (scope !== null) {
        if (principal === null) return errorResponse(unauthorized());
        if (!principal.scopes.has(scope)) return errorResponse(missingScope(scope));
      }
      entered.principal = principal;
      return perform(site, operation, c, entered);
    });
  app.notFound(unknown);
  app.onError((error, c) => responseForError(error) ?? failed(platform, error, c));
  return app;
}

function servePages(app: Hono<AppEnv>, site: Site, isolate: Isolate): void {
  const { enter, senderOf } = entranceOf(site, isolate);
  for (const { path, scope, token, read } of site.pages)
    app.get(path, async (c) => {
      const deps = enter(c);
      const keys = site.keysOf(deps);
      const isOpen = scope === null || (token !== undefined && (await hasToken(c.req.header("authorization"), token)));
      if (isOpen || (await senderOf(c, deps))?.scopes.has(scope)) return read(c.req.raw, keys, deps);
      const hasPasswords = isolate.platform.config.authString !== undefined || (await keys.exist());
      return errorResponse(unauthorized(hasPasswords ? askForPassword : {}));
    });
}

/** The dependencies of a request before and after its sender is known: a copy would cost a hundredth of the CPU time of a read. */
type Entered = Omit<Deps, "principal"> & { principal: Principal | null };

async function perform({ afterwards, audited }: Site, operation: Operation, c: Context<AppEnv>, deps: Deps): Promise<Response> {
  const finish = afterwards(deps);
  const call = { request: c.req.raw, params: c.req.param() };
  const told = audited(deps, { ...call, operation });
  c.set("requestId", told.requestId);
  try {
    return await runOperation(operation, { ...call, deps: told.deps });
  } finally {
    told.end();
    finish();
  }
}

interface Entrance {
  /** Returns the dependencies of a request, whose sender is not known yet. */
  readonly enter: (c: Context<AppEnv>) => Entered;
  /** Returns the sender of a request; null for wrong credentials. */
  readonly senderOf: (c: Context<AppEnv>, deps: Deps) => Promise<Principal | null>;
}

const entranceOf = ({ keysOf, senderOf }: Site, { platform, deps: depsOf }: Isolate): Entrance => ({
  enter(c) {
    const deps = depsOf({ principal: null, waitUntil: waitUntilOf(c), cutOff: () => cutOff(c) });
    c.set("deps", deps);
    return deps;
  },
  senderOf(c, deps) {
    const header = c.req.header("authorization");
    return senderOf?.(header) ?? authenticate(platform.config, readCredentials(header), keysOf(deps));
  },
});

// A browser asks its user for the password of a page, and sends it with what the page requests.
const askForPassword = { "www-authenticate": 'Basic realm="Milliways"' };

function failed({ log }: Platform, error: Error, c: Context<AppEnv>): Response {
  log("error", { route: c.get("route") ?? null, error: String(error.cause ?? error), stack: error.stack });
  return errorResponse(internalError());
}

const isUpgrade = (c: Context): boolean => c.req.header("upgrade")?.toLowerCase() === "websocket";

interface Place {
  readonly methodsOf: (path: string) => readonly string[];
  readonly isOfApi: boolean;
}

function respondToUnknown(c: Context<AppEnv>, { methodsOf, isOfApi }: Place): Response {
  const { path } = c.req;
  if (hasEncodedSlash(path)) return errorResponse(notFound("Not Found"));
  const methods = methodsOf(path);
  if (methods.length > 0)
    return errorResponse(new ApiError(405, { detail: "Method Not Allowed" }, { allow: methods.join(", ") }));
  const otherSlash = (text: string) => (text.endsWith("/") ? text.slice(0, -1) : `${text}/`);
  if (!isOfApi || methodsOf(otherSlash(path)).length === 0) return errorResponse(notFound("Not Found"));
  const url = new URL(c.req.url);
  return new Response(null, {
    status: 307,
    headers: { location: `${url.origin}${otherSlash(url.pathname)}${url.search}` },
  });
}

function waitUntilOf(c: Context): (work: Promise<unknown>) => void {
  try {
    const context = c.executionCtx;
    return (work) => context.waitUntil(work);
  } catch {
    // Outside of a Worker (tests) work continues after the response anyway.
    return (work) => void work.catch(() => undefined);
  }
}

// `abort` ends a request and its socket. Without it, a refused client's socket stays until the client disconnects.
function cutOff(c: Context): void {
  try {
    const context: object = c.executionCtx;
    if ("abort" in context && typeof context.abort === "function") context.abort("the client was refused");
  } catch {
    // Outside of a Worker (tests) there is no execution context.
  }
}
