import { TrieRouter } from "hono/router/trie-router";
import { uuidParameters } from "./openapi.ts";
import type { Method, Operation } from "./operation.ts";

/** Texts that are no UUID make the path no route of the operation. */
const uuidPattern = "[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}";

const none: ReadonlySet<string> = new Set();

/** Returns a path of the API as Hono writes it: `/flows/{id}` as `/flows/:id`, `uuids` named with the pattern of a UUID. */
export const routePath = (path: string, uuids: ReadonlySet<string> = none): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => (uuids.has(name) ? `:${name}{${uuidPattern}}` : `:${name}`));

/** An operation and where it stands. */
export interface Route {
  readonly operation: Operation;
  /** As Hono writes it. */
  readonly path: string;
}

const literals = (path: string): number => path.split("/").filter((segment) => !segment.includes("{")).length;

/** Returns the routes of operations below a prefix in the order of their registration: a literal segment goes before a parameter. */
export const routesOf = (operations: readonly Operation[], prefix: string): Route[] =>
  operations
    .toSorted((a, b) => literals(b.path) - literals(a.path))
    .map((operation) => ({ operation, path: prefix + routePath(operation.path, uuidParameters(operation)) }));

/** Returns what tells the methods of the routes that a path is of, for 405 and its `Allow`. HEAD is none of them (root.md). */
export function methodsByPath(routes: readonly { readonly method: Method; readonly path: string }[]): (path: string) => Method[] {
  const router = new TrieRouter<Method>();
  for (const { method, path } of routes) router.add("ALL", path, method);
  return (path) => [...new Set(router.match("ALL", path)[0].map(([method]) => method))];
}
