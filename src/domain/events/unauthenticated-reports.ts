import { normaliseUuid } from "../../schemas/common.ts";
import type { Event } from "./event.ts";

/** What a client emits of a run by itself; other names that begin with `prefect.` are the server's, and drive automations. */
const clientNames = [
  "prefect.task-run.",
  "prefect.flow-run.heartbeat",
  "prefect.block.",
  "prefect.artifact.",
  "prefect.asset",
  "prefect.concurrency-limit.",
];

/** The runs that an event names. */
export interface NamedRuns {
  readonly flowRuns: readonly string[];
  readonly taskRuns: readonly string[];
}

/** Returns the runs that an event of an unauthenticated client names; null where such a client may not send it whatever it names. */
export function namedRuns({ event, resource, related }: Event): NamedRuns | null {
  if (event.startsWith("prefect.") && !clientNames.some((name) => event.startsWith(name))) return null;
  const ids = [resource, ...related].map((labels) => labels["prefect.resource.id"] ?? "");
  const named = (prefix: string) => ids.filter((id) => id.startsWith(prefix)).map((id) => normaliseUuid(id.slice(prefix.length)));
  const [flowRuns, taskRuns] = [named("prefect.flow-run."), named("prefect.task-run.")];
  if (flowRuns.length === 0 || flowRuns.includes(null) || taskRuns.includes(null)) return null;
  return { flowRuns: flowRuns.filter((id) => id !== null), taskRuns: taskRuns.filter((id) => id !== null) };
}
