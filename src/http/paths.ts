import { normalisePathUuid } from "../schemas/common.ts";
import type { Operation } from "./operation.ts";

interface Route {
  readonly method: string;
  readonly parts: readonly string[];
  readonly uuids: ReadonlySet<string>;
}

/** What the API knows about paths, for requests that no operation takes. */
export interface PathTable {
  /** The methods of the operations that have this path. */
  methodsOf(path: string): string[];
  /** The path with its final slash put right, if an operation has that one. */
  redirectFor(path: string): string | null;
}

const segments = (path: string): string[] => path.split("/").slice(1);

/** Returns the table of all paths; `uuidParameters` names the parameters of an operation that must be UUIDs. */
export function pathTable(
  operations: readonly Operation[],
  uuidParameters: (operation: Operation) => ReadonlySet<string>,
): PathTable {
  const routes: Route[] = operations.map((operation) => ({
    method: operation.method,
    parts: segments(operation.path),
    uuids: uuidParameters(operation),
  }));
  const methodsOf = (path: string): string[] => {
    const parts = segments(path);
    return [...new Set(routes.filter((route) => matches(route, parts)).map((route) => route.method))];
  };
  return {
    methodsOf,
    redirectFor(path) {
      const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
      return other !== "" && methodsOf(other).length > 0 ? other : null;
    },
  };
}

function matches(route: Route, parts: readonly string[]): boolean {
  if (route.parts.length !== parts.length) return false;
  return route.parts.every((expected, i) => {
    const part = parts[i] ?? "";
    if (!expected.startsWith("{")) return expected === part;
    if (part === "") return false;
    return !route.uuids.has(expected.slice(1, -1)) || normalisePathUuid(part) !== null;
  });
}
