import { normalisePathUuid } from "../schemas/common.ts";
import type { Operation } from "./operation.ts";

export type Parameters = Record<string, string>;

/** An operation and the texts that stand for its path's parameters. */
export interface Found {
  readonly operation: Operation;
  readonly params: Parameters;
}

/** Which operation a path leads to. A parameter that must be a UUID makes other texts no path of that operation. */
export interface PathTable {
  find(method: string, path: string): Found | null;
  /** The methods of the operations that have this path. */
  methodsOf(path: string): string[];
  /** The path with its final slash put right, if an operation has that one. */
  redirectFor(path: string): string | null;
}

interface Part {
  readonly name: string;
  readonly kind: "literal" | "text" | "uuid";
}

interface Route {
  readonly operation: Operation;
  readonly parts: readonly Part[];
}

const segments = (path: string): string[] => path.split("/").slice(1);

const partOf = (segment: string, uuids: ReadonlySet<string>): Part => {
  if (!segment.startsWith("{")) return { name: segment, kind: "literal" };
  const name = segment.slice(1, -1);
  return { name, kind: uuids.has(name) ? "uuid" : "text" };
};

const literals = ({ parts }: Route): number => parts.filter(({ kind }) => kind === "literal").length;

/**
 * Returns the table of all operations, by their first segment, which is never a parameter; `uuidParameters` names an operation's
 * parameters that must be UUIDs. A literal segment goes before a parameter.
 */
export function pathTable(
  operations: readonly Operation[],
  uuidParameters: (operation: Operation) => ReadonlySet<string>,
): PathTable {
  const routes = operations.map((operation) => {
    const uuids = uuidParameters(operation);
    return { operation, parts: segments(operation.path).map((segment) => partOf(segment, uuids)) };
  });
  const bySegment = Map.groupBy(
    routes.toSorted((a, b) => literals(b) - literals(a)),
    ({ parts }) => parts[0]?.name ?? "",
  );
  const candidates = (parts: readonly string[]) => bySegment.get(parts[0] ?? "") ?? [];
  const methodsOf = (path: string): string[] => {
    const parts = segments(path);
    return [...new Set(candidates(parts).flatMap((route) => (matches(route, parts) ? [route.operation.method] : [])))];
  };
  return {
    find(method, path) {
      const parts = segments(path);
      const route = candidates(parts).find((one) => one.operation.method === method && matches(one, parts));
      return route === undefined ? null : { operation: route.operation, params: paramsOf(route, parts) };
    },
    methodsOf,
    redirectFor(path) {
      const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
      return other !== "" && methodsOf(other).length > 0 ? other : null;
    },
  };
}

const matches = ({ parts }: Route, given: readonly string[]): boolean =>
  parts.length === given.length && parts.every((part, i) => fits(part, given[i] ?? ""));

function fits({ name, kind }: Part, given: string): boolean {
  switch (kind) {
    case "literal":
      return given === name;
    case "text":
      return given !== "";
    case "uuid":
      return normalisePathUuid(given) !== null;
  }
}

const paramsOf = ({ parts }: Route, given: readonly string[]): Parameters =>
  Object.fromEntries(parts.flatMap(({ name, kind }, i) => (kind === "literal" ? [] : [[name, given[i] ?? ""]])));
