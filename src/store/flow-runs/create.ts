import type { FlowRunDecision } from "../../domain/orchestration/types.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { lastOf } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { FlowRunRow } from "../tables/flow-runs.ts";
import { addTags } from "../tags.ts";
import type { TaskRunStateChange } from "../task-runs/commit.ts";
import { flowRunIsIn, relatedStatements } from "./commit.ts";
import type { CreationFacts } from "./creation-facts.ts";
import { flowRunJoins, flowRuns, type StoredFlowRun, storedFlowRuns } from "./rows.ts";

export interface NewFlowRun {
  /** The row, with the columns of its first state. */
  readonly row: FlowRunRow;
  readonly decision: FlowRunDecision;
  readonly parent: TaskRunStateChange | null;
  /** The related objects. */
  readonly facts: CreationFacts;
  readonly now: Micros;
}

/**
 * Returns the statements that store a new flow run with its first state; they do nothing if its idempotency key exists in its
 * flow.
 */
export function newFlowRunStatements({ row, decision, parent, facts: { notifies }, now }: NewFlowRun): Sql[] {
  const { written } = decision;
  if (written === null) throw new Error("a new flow run needs a state");
  return [
    flowRuns.insert(row, "on conflict (idempotency_key, flow_id) where idempotency_key is not null do nothing"),
    ...addTags("flow_run", row.id, row.tags),
    ...relatedStatements(
      { flow_run_id: row.id, decision, parent, notifies, now },
      flowRunIsIn(row.id, written.id),
      written,
      decision.event,
    ),
  ];
}

/** Stores a new flow run; returns the run of its idempotency key, and whether it is the new one. */
export async function createFlowRun(
  db: Database,
  creation: NewFlowRun,
  before: readonly Sql[] = [],
): Promise<{ stored: StoredFlowRun; created: boolean }> {
  const { row } = creation;
  const results = await db.write([...before, ...newFlowRunStatements(creation), storedStatement(row)]);
  const stored = storedFlowRuns.first(lastOf(results));
  if (stored === null) throw new Error("the flow run went while it was made");
  return { stored, created: stored.run.id === row.id };
}

function storedStatement(row: FlowRunRow): Sql {
  const select = sql`select ${storedFlowRuns.columns} from flow_run r ${flowRunJoins}`;
  return row.idempotency_key === null
    ? sql`${select} where r.id = ${row.id}`
    : sql`${select} where r.flow_id = ${row.flow_id} and r.idempotency_key = ${row.idempotency_key}`;
}
