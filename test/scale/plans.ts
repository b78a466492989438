import type { Database, Sql } from "../../src/store/client.ts";

interface Step {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

/** Returns the plan of a statement. */
export async function planOf(db: Database, { sql, args }: Sql): Promise<Step[]> {
  const { rows } = await db.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args });
  return rows.map(([id, parent, , detail]) => ({ id: Number(id), parent: Number(parent), detail: String(detail) }));
}

// The columns that link a row to others, and a tag to its owner.
const links =
  /\b(id|flow_id|flow_run_id|task_run_id|deployment_id|parent_task_run_id|work_queue_id|work_pool_id|concurrency_limit_id|limit_id|lease_id)=\?/;

// A part of the dashboard's window is linked to its task runs by both of its ends: each is in one part, whose entries alone are counted.
const partOfWindow = /\bix_task_run__ended_start_time \(state_type=\? AND start_time>\? AND start_time<\?\)/;

// The first step that reads rows; where these come from a subquery of its own, that one's.
function leadingStep(plan: readonly Step[], parent: number): Step | undefined {
  const inside = plan.filter((step) => step.parent === parent);
  const leading = inside.find(({ detail }) => /^(SCAN|SEARCH) /.test(detail));
  const source = inside.find(({ detail }) => detail === `CO-ROUTINE ${leading?.detail.split(" ")[1]}`);
  return source === undefined ? leading : leadingStep(plan, source.id);
}

/**
 * Returns the steps that lead a correlated subquery otherwise than by a link to the row outside: through all rows, or through those with some
 * value. Lists of bound values (virtual tables) and what was computed once (common tables) are no rows of the database.
 */
export function wronglyLed(plan: readonly Step[], computed: ReadonlySet<string> = new Set()): string[] {
  const isCorrelated = ({ detail }: Step) => detail.startsWith("CORRELATED ");
  return plan.filter(isCorrelated).flatMap((subquery) => {
    const leading = leadingStep(plan, subquery.id);
    if (leading === undefined || leading.detail.includes("VIRTUAL TABLE")) return [];
    const [, table = ""] = /^(?:SCAN|SEARCH) (\S+)/.exec(leading.detail) ?? [];
    if (computed.has(table) || links.test(leading.detail) || partOfWindow.test(leading.detail)) return [];
    return [leading.detail];
  });
}
