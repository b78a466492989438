import {
  type Condition,
  type Protocol,
  type ResultSet,
  type Sql,
  StatementError,
  type Step,
  type StepOutcome,
} from "./client.ts";

/** Statements that belong together: one alone (`single`), or a transaction that reads or writes. */
export interface Batch {
  readonly mode: "single" | "read" | "write";
  readonly statements: readonly Sql[];
}

/** What became of a batch: with an error nothing of it is there. */
export type Outcome = { readonly results: ResultSet[] } | { readonly error: StatementError };

/** Steps for the server, and how to read what became of the batches they are made of. */
export interface Program {
  readonly protocol: Protocol;
  readonly steps: readonly Step[];
  readonly read: (outcomes: readonly StepOutcome[]) => Outcome[];
  /** Tells whether the outcomes prove that no transaction is open any more: only then may the stream serve another request. */
  readonly isOver: (outcomes: readonly StepOutcome[]) => boolean;
}

const plain = (sql: string): Sql => ({ sql, args: [] });
const ok = (step: number): Condition => ({ type: "ok", step });
const not = (cond: Condition): Condition => ({ type: "not", cond });
const and = (...conds: Condition[]): Condition => ({ type: "and", conds });
const inTransaction = not({ type: "is_autocommit" });

/** Returns the program of one batch. */
export const programOf = (batch: Batch): Program => (batch.mode === "single" ? alone(batch) : transaction(batch));

const alone = ({ statements }: Batch): Program => ({
  protocol: "v2",
  steps: statements.map((statement) => ({ statement })),
  read: (outcomes) => [outcomeOf(outcomes)],
  isOver: () => true,
});

// Each statement runs only after the one before; what did not come to its commit is rolled back.
function transaction({ mode, statements }: Batch): Program {
  const commit = statements.length + 1;
  return {
    protocol: "v2",
    steps: [
      { statement: plain(mode === "read" ? "begin transaction readonly" : "begin immediate") },
      ...statements.map((statement, i) => ({ statement, condition: ok(i) })),
      { statement: plain("commit"), condition: ok(commit - 1) },
      { statement: plain("rollback"), condition: not(ok(commit)) },
    ],
    read: (outcomes) => {
      const all = outcomeOf(outcomes.slice(0, commit + 1));
      return ["error" in all ? all : { results: all.results.slice(1, commit) }];
    },
    isOver: isRolledBackOrCommitted,
  };
}

// The last step is the rollback: left out after a commit, done after a failure, refused where BEGIN had failed.
function isRolledBackOrCommitted(outcomes: readonly StepOutcome[]): boolean {
  const rollback = outcomes.at(-1);
  if (rollback === undefined) return false;
  return rollback === null || "result" in rollback || rollback.error.message.includes("no transaction is active");
}

/**
 * Returns the program of several batches that write, as one transaction with one commit: each sees those before it, and one that fails
 * takes back its own alone. Where the commit fails, nothing of any is there, and its error is theirs.
 */
export function groupCommit(batches: readonly Batch[]): Program {
  const steps: Step[] = [{ statement: plain("begin immediate") }];
  const add = (statement: Sql, condition: Condition): number => steps.push({ statement, condition }) - 1;
  const places = batches.map(({ statements }) => {
    const savepoint = add(plain("savepoint batch"), and(ok(0), inTransaction));
    for (const statement of statements) add(statement, ok(steps.length - 1));
    const release = add(plain("release batch"), ok(steps.length - 1));
    add(plain("rollback to batch"), and(ok(savepoint), not(ok(release)), inTransaction));
    return { from: savepoint + 1, to: release };
  });
  const commit = add(plain("commit"), and(ok(0), inTransaction));
  add(plain("rollback"), and(not(ok(commit)), inTransaction));
  return {
    protocol: "v3",
    steps,
    read: (outcomes) => {
      const begun = outcomeOf(outcomes.slice(0, 1));
      const committed = outcomeOf(outcomes.slice(commit, commit + 1));
      return places.map(({ from, to }) => {
        if ("error" in begun) return begun;
        const outcome = outcomeOf(outcomes.slice(from, to + 1));
        if ("error" in outcome) return outcome;
        return "error" in committed ? committed : { results: outcome.results.slice(0, -1) };
      });
    },
    isOver: isRolledBackOrCommitted,
  };
}

/**
 * The first error is what became of all: the steps behind it were left out. Steps left out without one had no transaction any more; nothing
 * of theirs is there, so they may be tried again like those that found the database busy.
 */
function outcomeOf(outcomes: readonly StepOutcome[]): Outcome {
  const results: ResultSet[] = [];
  for (const outcome of outcomes) {
    if (outcome !== null && "error" in outcome) return outcome;
    if (outcome !== null) results.push(outcome.result);
  }
  return results.length === outcomes.length
    ? { results }
    : { error: new StatementError("SQLITE_BUSY: the transaction was rolled back") };
}
