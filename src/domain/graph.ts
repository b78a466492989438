import type { Micros } from "../lib/time.ts";

/** A task run, or the subflow run whose parent task run it is, before it becomes a node. */
export interface GraphRun {
  readonly kind: "flow-run" | "task-run";
  readonly id: string;
  readonly label: string;
  readonly state_type: string;
  readonly start_time: Micros | null;
  readonly end_time: Micros | null;
  /** The ids of the runs in each input, by the input's name. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
}

export interface GraphNode extends Omit<GraphRun, "inputs" | "start_time"> {
  readonly start_time: Micros;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly encapsulating: readonly string[];
}

/** The input of this name lists the task runs inside of which a run was started. */
const enclosing = "__parents__";

/**
 * Returns the nodes of a flow run's graph by start and end, with edges among themselves only
 * (`prefect/server/database/query_components.py flow_run_graph_v2`).
 */
export function graphNodes(runs: readonly GraphRun[]): GraphNode[] {
  const placed = runs.flatMap(({ start_time, ...run }) => (start_time === null ? [] : [{ ...run, start_time }]));
  const known = new Set(placed.map((run) => run.id));
  const inside = (ids: readonly string[]) => [...new Set(ids.filter((id) => known.has(id)))];
  const parents = new Map(placed.map((run) => [run.id, inside(sources(run, false))]));
  const children = new Map<string, string[]>();
  const ordered = placed.toSorted(byTimes);
  for (const run of ordered)
    for (const parent of parents.get(run.id) ?? []) children.set(parent, [...(children.get(parent) ?? []), run.id]);
  return ordered.map(({ inputs, ...run }) => ({
    ...run,
    parents: parents.get(run.id) ?? [],
    children: children.get(run.id) ?? [],
    encapsulating: inside(sources({ inputs }, true)),
  }));
}

const sources = ({ inputs }: Pick<GraphRun, "inputs">, enclose: boolean): string[] =>
  Object.entries(inputs).flatMap(([name, ids]) => ((name === enclosing) === enclose ? ids : []));

const latest = Number.MAX_SAFE_INTEGER;

const byTimes = (
  a: { start_time: Micros; end_time: Micros | null },
  b: { start_time: Micros; end_time: Micros | null },
): number => a.start_time - b.start_time || (a.end_time ?? latest) - (b.end_time ?? latest);

/** Returns the ids of the nodes without parents. */
export const rootIds = (nodes: readonly GraphNode[]): string[] =>
  nodes.filter((node) => node.parents.length === 0).map((node) => node.id);

/** Returns whether a node ended at or after a time, or not yet: with `since` a graph holds only these. */
export const isOpenSince = (node: Pick<GraphNode, "end_time">, since: Micros): boolean =>
  node.end_time === null || node.end_time >= since;
