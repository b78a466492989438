import type { Deps } from "../deps.ts";
import type { Config } from "../env.ts";
import type { Page } from "../http/router.ts";
import { type Family, prometheusText, prometheusType, type Sample } from "../lib/prometheus.ts";
import { type CountedRoute, durationBounds } from "../lib/request-counts.ts";
import { countBound, type DatabaseMetrics, readMetrics, type StateCount } from "../store/metrics/read.ts";

/** How many limits are told by their names. */
const mostNamed = 100;

/** Returns the page of metrics: for owners, and who has the token of the configuration. */
export const metricsPage = ({ metricsToken }: Config): Page => ({
  path: "/metrics",
  scope: "manage_server",
  token: metricsToken,
  read: async (_request, _keys, deps) => {
    const now = deps.now();
    const found = await readMetrics(deps.db, now, deps.evaluation.passed);
    const text = prometheusText([...ofDatabase(found, now), ...ofRequests([...deps.requests.routes()])]);
    return new Response(text, { headers: { "content-type": prometheusType, "cache-control": "no-store" } });
  },
});

const gauge = (name: string, help: string, samples: readonly Sample[] | number): Family => ({
  name: `milliways_${name}`,
  help,
  type: "gauge",
  samples: typeof samples === "number" ? [{ value: samples }] : samples,
});

const byState = (counts: readonly StateCount[]): Sample[] =>
  counts.map(({ state_type, count }) => ({ labels: { state_type }, value: Math.min(count, countBound) }));

function ofDatabase(found: DatabaseMetrics, now: ReturnType<Deps["now"]>): Family[] {
  const { flow_runs, task_runs, late, oldest, limits, pools, behind, waiting, dead } = found;
  const named = limits.toSorted((a, b) => b.limit - a.limit || (a.name < b.name ? -1 : 1)).slice(0, mostNamed);
  const sum = (of: "limit" | "taken") => limits.reduce((total, one) => total + one[of], 0);
  const byName = (of: "limit" | "taken") => named.map((one) => ({ labels: { name: one.name }, value: one[of] }));
  const counts = [...flow_runs, ...task_runs].map(({ count }) => count);
  return [
    gauge("flow_runs", "Flow runs that have not ended, by state type.", byState(flow_runs)),
    gauge("task_runs", "Task runs that have not ended, by state type.", byState(task_runs)),
    gauge("flow_runs_ended_5m", "Flow runs that have ended within five minutes, by state type.", byState(found.ended)),
    gauge("flow_runs_late", "Flow runs that are late.", Math.min(late, countBound)),
    gauge("oldest_due_seconds", "For how long the oldest scheduled flow run has been due.", ageOf(oldest, now)),
    gauge("concurrency_slots", "The slots of all active concurrency limits.", sum("limit")),
    gauge("concurrency_slots_taken", "How many of these are taken.", sum("taken")),
    gauge("concurrency_limit_slots", "The slots of a concurrency limit; of the 100 largest.", byName("limit")),
    gauge("concurrency_limit_slots_taken", "How many slots of a limit are taken.", byName("taken")),
    gauge(
      "workers_online",
      "The online workers of a work pool; of 100 pools.",
      pools.map(({ name, workers }) => ({ labels: { work_pool: name }, value: workers })),
    ),
    gauge("events_behind", "Events that automations have not been evaluated for.", behind),
    gauge("automation_actions_waiting", "Actions of automations that are to be done.", Math.min(waiting, countBound)),
    gauge("automation_actions_dead", "Actions of automations that were given up.", Math.min(dead, countBound)),
    gauge(
      "counts_cut",
      `How many of the counts above are more than ${countBound}, and cut there.`,
      [...counts, late, waiting, dead].filter((count) => count > countBound).length,
    ),
  ];
}

const ageOf = (oldest: number | null, now: number): number => (oldest === null ? 0 : Math.max(0, (now - oldest) / 1_000_000));

function ofRequests(routes: readonly CountedRoute[]): Family[] {
  const totals = routes.flatMap(({ method, route, byClass }) =>
    byClass.flatMap((value, i) => (value === 0 ? [] : [{ labels: { method, route, status: `${i}xx` }, value }])),
  );
  return [
    { name: "milliways_requests_total", help: "Requests that this isolate has answered.", type: "counter", samples: totals },
    {
      name: "milliways_request_duration_seconds",
      help: "How long this isolate took to answer.",
      type: "histogram",
      samples: routes.flatMap(histogramOf),
    },
  ];
}

function histogramOf({ method, route, byBound, seconds }: CountedRoute): Sample[] {
  let count = 0;
  const buckets = byBound.map((value, i) => {
    count += value;
    return { suffix: "_bucket", labels: { method, route, le: `${durationBounds[i] ?? "+Inf"}` }, value: count };
  });
  const labels = { method, route };
  return [...buckets, { suffix: "_sum", labels, value: seconds }, { suffix: "_count", labels, value: count }];
}
