import type * as z from "zod";
import { graphNodes, isOpenSince, rootIds } from "../domain/graph.ts";
import { estimatedRunTime } from "../domain/run-times.ts";
import { isStateType } from "../domain/states.ts";
import { isJsonObject } from "../lib/json.ts";
import { formatOptionalTime, formatTime, type Micros, toSeconds } from "../lib/time.ts";
import type { dependencyResult, FlowRunGraph } from "../schemas/flow-runs.ts";
import type { StoredGraph, StoredGraphArtifact } from "../store/flow-runs/graph.ts";
import type { StoredTaskRun } from "../store/task-runs/rows.ts";
import { presentState } from "./states.ts";

const edges = (ids: readonly string[]) => ids.map((id) => ({ id }));

const presentArtifact = ({ task_run_id: _, created, ...artifact }: StoredGraphArtifact) => ({
  ...artifact,
  created: formatTime(created),
});

/** Returns a flow run's graph as in responses; with `since` only nodes that had not ended before. */
export function presentGraph(graph: StoredGraph, since: Micros | null): FlowRunGraph {
  const all = graphNodes(graph.runs);
  const nodes = since === null ? all : all.filter((node) => isOpenSince(node, since));
  const shown = new Set(nodes.map((node) => node.id));
  const artifactsOf = Map.groupBy(graph.artifacts, (artifact) => artifact.task_run_id);
  return {
    start_time: formatOptionalTime(graph.start_time),
    end_time: formatOptionalTime(graph.end_time),
    root_node_ids: rootIds(all).filter((id) => shown.has(id)),
    nodes: nodes
      .flatMap(({ state_type, ...node }) =>
        isStateType(state_type)
          ? [
              [
                node.id,
                {
                  ...node,
                  state_type,
                  start_time: formatTime(node.start_time),
                  end_time: formatOptionalTime(node.end_time),
                  parents: edges(node.parents),
                  children: edges(node.children),
                  encapsulating: edges(node.encapsulating),
                  artifacts: (artifactsOf.get(node.id) ?? []).map(presentArtifact),
                },
              ] as const,
            ]
          : [],
      )
      .map(([id, node]) => [id, node]),
    artifacts: (artifactsOf.get(null) ?? []).map(presentArtifact),
    states: graph.states.flatMap(({ id, timestamp, type, name }) =>
      isStateType(type) ? [{ id, timestamp: formatTime(timestamp), type, name }] : [],
    ),
  };
}

/** Returns a task run with its upstream task runs, as in the first version of the graph. */
export function presentDependencies({ run, state }: StoredTaskRun, now: Micros): z.input<typeof dependencyResult> {
  return {
    id: run.id,
    name: run.name,
    upstream_dependencies: upstream(run.task_inputs).map((id) => ({ input_type: "task_run", id })),
    state: state === null ? null : presentState(state),
    expected_start_time: formatOptionalTime(run.expected_start_time),
    start_time: formatOptionalTime(run.start_time),
    end_time: formatOptionalTime(run.end_time),
    total_run_time: toSeconds(run.total_run_time),
    estimated_run_time: toSeconds(estimatedRunTime(run, now)),
    untrackable_result: state !== null && isJsonObject(state.state_details) && state.state_details.untrackable_result === true,
  };
}

function upstream(task_inputs: unknown): string[] {
  if (!isJsonObject(task_inputs)) return [];
  const sources = Object.values(task_inputs).flatMap((list) => (Array.isArray(list) ? list : []));
  return [
    ...new Set(
      sources.flatMap((s) => (isJsonObject(s) && s.input_type === "task_run" && typeof s.id === "string" ? [s.id] : [])),
    ),
  ];
}
