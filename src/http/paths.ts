import { TrieRouter } from "hono/router/trie-router";
import * as z from "zod";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import { notARoute } from "../schemas/common.ts";
import type { Method, Operation } from "./operation.ts";

/** Returns what a schema says of its wire form, where zod cannot tell. */
export const wireOf = (schema: z.core.$ZodType): JsonObject | undefined => {
  const wire = z.globalRegistry.get(schema)?.wire;
  return isJsonObject(wire) ? wire : undefined;
};

/** Returns the names of an operation's path parameters that must be UUIDs for the path to be a route. */
export function uuidParameters(operation: Operation): ReadonlySet<string> {
  if (!(operation.params instanceof z.ZodObject)) return new Set();
  const isUuid = ([, schema]: [string, unknown]) => schema instanceof z.ZodType && wireOf(schema)?.[notARoute] === true;
  return new Set(
    Object.entries(operation.params.shape)
      .filter(isUuid)
      .map(([name]) => name),
  );
}

/** A path with a text that is not a UUID does not match the operation. */
const uuidPattern = "[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}";

const none: ReadonlySet<string> = new Set();

/** Returns a path in Hono's syntax: `/flows/{id}` as `/flows/:id`, the parameters in `uuids` with the pattern of a UUID. */
export const routePath = (path: string, uuids: ReadonlySet<string> = none): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => (uuids.has(name) ? `:${name}{${uuidPattern}}` : `:${name}`));

/** An operation with its path. */
export interface Route {
  readonly operation: Operation;
  /** In Hono's syntax. */
  readonly path: string;
}

const literals = (path: string): number => path.split("/").filter((segment) => !segment.includes("{")).length;

/** Returns the routes of operations below a prefix in the order of registration: literal segments before parameters. */
export const routesOf = (operations: readonly Operation[], prefix: string): Route[] =>
  operations
    .toSorted((a, b) => literals(b.path) - literals(a.path))
    .map((operation) => ({ operation, path: prefix + routePath(operation.path, uuidParameters(operation)) }));

/**
 * Returns a function from a path to the methods of its routes, for 405 and its `Allow`. HEAD is not among them, as in the
 * reference.
 */
export function methodsByPath(routes: readonly { readonly method: Method; readonly path: string }[]): (path: string) => Method[] {
  const router = new TrieRouter<Method>();
  for (const { method, path } of routes) router.add("ALL", path, method);
  return (path) => [...new Set(router.match("ALL", path)[0].map(([method]) => method))];
}
