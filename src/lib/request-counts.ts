/** The upper bounds of durations that are counted, in seconds. */
export const durationBounds = [0.005, 0.025, 0.1, 0.5, 2.5] as const;

/** The requests of one method and route. */
export interface CountedRoute {
  readonly method: string;
  readonly route: string;
  /** By the first digit of the status. */
  readonly byClass: number[];
  /** By the first bound that the duration does not exceed; the last one counts longer ones. */
  readonly byBound: number[];
  seconds: number;
}

/** Counts requests in memory, at constant cost; the routes must be few. */
export interface RequestCounts {
  record(request: { method: string; route: string | undefined; status: number; seconds: number }): void;
  routes(): Iterable<CountedRoute>;
}

/** Returns counts of nothing. */
export function requestCounts(): RequestCounts {
  // By route, then method: two look-ups cost less than one of a text that is put together.
  const byRoute = new Map<string, Map<string, CountedRoute>>();
  const begin = (method: string, route: string): CountedRoute => {
    const made = { method, route, byClass: Array(6).fill(0), byBound: Array(durationBounds.length + 1).fill(0), seconds: 0 };
    byRoute.set(route, (byRoute.get(route) ?? new Map()).set(method, made));
    return made;
  };
  return {
    record({ method: sent, route = "other", status, seconds }) {
      // The method of a request that leads nowhere may be any text.
      const method = route === "other" ? "other" : sent;
      const counted = byRoute.get(route)?.get(method) ?? begin(method, route);
      const bound = durationBounds.findIndex((most) => seconds <= most);
      add(counted.byClass, Math.floor(status / 100));
      add(counted.byBound, bound === -1 ? durationBounds.length : bound);
      counted.seconds += seconds;
    },
    *routes() {
      for (const methods of byRoute.values()) yield* methods.values();
    },
  };
}

function add(counts: number[], place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}
