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

const cut = (count: number): number => Math.min(count, countBound);

const byState = (counts: readonly StateCount[]): Sample[] =>
  counts.map(({ state_type, count }) => ({ labels: { state_type }, value: cut(count) }));

function ofDatabase(found: DatabaseMetrics, now: ReturnType<Deps["now"]>): Family[] {
  const { flow_runs, task_runs, late, oldest, limits, pools, behind, waiting, dead } = found;
  const named = limits.toSorted((a, b) => b.limit - a.limit || (a.name < b.name ? -1 : 1)).slice(0, mostNamed);
  const sum = (of: "limit" | "taken") => limits.reduce((total, one) => total + one[of], 0);
  const byName = (of: "limit" | "taken") => named.map((one) => ({ labels: { name: one.name }, value: one[of] }));
  const counts = [...flow_runs, ...task_runs].map(({ count }) => count);
  return [
    gauge("flow_runs", "Flow runs that have not ended, by state type.", byState(flow_runs)),
    gauge("task_runs", "Task runs that have not ended, by state type.", byState(task_runs)),
    gauge("flow_runs_ended_5m", "Flow runs that ended within five minutes, by state type.", byState(found.ended)),
    gauge("flow_runs_late", "Late flow runs.", cut(late)),
    gauge("oldest_due_seconds", "How long the oldest scheduled flow run has been due.", ageOf(oldest, now)),
    gauge("concurrency_slots", "Slots of active limits.", sum("limit")),
    gauge("concurrency_slots_taken", "Taken slots of active limits.", sum("taken")),
    gauge("concurrency_limit_slots", "Slots by limit, of the 100 largest.", byName("limit")),
    gauge("concurrency_limit_slots_taken", "Taken slots by limit.", byName("taken")),
    gauge(
      "workers_online",
      "Online workers by work pool, of 100 pools.",
      pools.map(({ name, workers }) => ({ labels: { work_pool: name }, value: workers })),
    ),
    gauge("events_behind", "Events that automations are behind.", behind),
    gauge("automation_actions_waiting", "Actions that wait.", cut(waiting)),
    gauge("automation_actions_dead", "Actions that were given up.", cut(dead)),
    gauge(
      "counts_cut",
      `Counts above that are cut at ${countBound}.`,
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
    { name: "milliways_requests_total", help: "Requests to this isolate.", type: "counter", samples: totals },
    {
      name: "milliways_request_duration_seconds",
      help: "Their durations.",
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
