import { isJsonObject, type Json } from "../../lib/json.ts";
import { formatTime } from "../../lib/time.ts";
import type { State } from "../states.ts";
import type { FlowRunColumns, FlowRunStateEvent, RelatedFacts } from "./types.ts";

const longestMessage = 100_000;
const fiveMinutes = 300_000_000;

interface StateChange {
  readonly run: Pick<FlowRunColumns, "id" | "name" | "run_count" | "tags" | "created_by">;
  readonly initial: State | null;
  readonly written: State;
  readonly related: RelatedFacts;
}

/**
 * Returns the event of a written flow run state; `run` is the run after the change (`prefect/server/models/events.py
 * flow_run_state_change_event`).
 */
export function flowRunStateEvent({ run, initial, written, related }: StateChange): FlowRunStateEvent {
  const isClose = initial !== null && Math.abs(written.timestamp - initial.timestamp) < fiveMinutes;
  return {
    id: written.id,
    occurred: written.timestamp,
    event: `prefect.flow-run.${written.name}`,
    resource: {
      "prefect.resource.id": `prefect.flow-run.${run.id}`,
      "prefect.resource.name": run.name,
      "prefect.run-count": String(run.run_count),
      "prefect.state-message": shortened(written.message),
      "prefect.state-name": written.name,
      "prefect.state-timestamp": formatTime(written.timestamp),
      "prefect.state-type": written.type,
    },
    related: [...relatedResources(run.tags, related), ...creator(run.created_by)],
    payload: {
      intended: { from: initial?.type ?? null, to: written.type },
      initial_state: initial === null ? null : statePayload(initial),
      validated_state: statePayload(written),
    },
    follows: isClose ? initial.id : null,
  };
}

function relatedResources(runTags: readonly string[], related: RelatedFacts): Record<string, string>[] {
  const { flow, deployment, work_queue, work_pool, parent_task_run } = related;
  const tags = new Set([runTags, flow?.tags ?? [], deployment?.tags ?? [], parent_task_run?.tags ?? []].flat());
  return [
    ...resource("flow", flow),
    ...resource("deployment", deployment),
    ...resource("work-queue", work_queue),
    ...resource("work-pool", work_pool, work_pool === null ? {} : { "prefect.work-pool.type": work_pool.type }),
    ...resource("task-run", parent_task_run),
    ...[...tags].sort().map((tag) => ({ "prefect.resource.id": `prefect.tag.${tag}`, "prefect.resource.role": "tag" })),
  ];
}

function resource(
  kind: string,
  named: { readonly id: string; readonly name: string } | null,
  more: Record<string, string> = {},
): Record<string, string>[] {
  if (named === null) return [];
  return [
    {
      "prefect.resource.id": `prefect.${kind}.${named.id}`,
      "prefect.resource.role": kind,
      "prefect.resource.name": named.name,
      ...more,
    },
  ];
}

const creatorKinds: Readonly<Record<string, string>> = { DEPLOYMENT: "deployment", AUTOMATION: "automation" };

function creator(created_by: Json): Record<string, string>[] {
  if (!isJsonObject(created_by) || typeof created_by.type !== "string") return [];
  const kind = creatorKinds[created_by.type];
  if (kind === undefined) return [];
  const name = created_by.display_value;
  return [
    {
      "prefect.resource.id": `prefect.${kind}.${created_by.id}`,
      "prefect.resource.role": "creator",
      ...(typeof name === "string" && name !== "" && { "prefect.resource.name": name }),
    },
  ];
}

const statePayload = (state: State): Record<string, string> => ({
  type: state.type,
  ...(state.name !== "" && { name: state.name }),
  ...(state.message && { message: shortened(state.message) }),
  ...(state.type === "PAUSED" && { pause_reschedule: String(state.state_details.pause_reschedule) }),
});

/** Returns a message for an event: of a message above 100,000 characters the middle is cut out. */
export function shortened(message: string | null): string {
  if (message === null || message.length <= longestMessage) return message ?? "";
  const characters = [...message];
  const half = longestMessage / 2;
  const omitted = characters.length - longestMessage;
  if (omitted <= 0) return message;
  const short = `${characters.slice(0, half).join("")}...${omitted} additional characters...${characters.slice(-half).join("")}`;
  return short.length < message.length ? short : message;
}
