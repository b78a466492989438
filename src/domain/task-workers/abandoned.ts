import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import { awaitingRetry, type StateProposal } from "../states.ts";

/**
 * How long after its socket broke a worker is taken to be gone: one that lives notices that within 40 s and comes back. Where everything
 * was restarted nobody saw sockets break: no worker is taken to be gone then.
 */
export const goneAfter = fromSecondsDuration(45);

/** How often a run is given to another worker: it may be what ends them. */
export const mostRecoveries = 3;

/** What tells these states from other retries. */
export const abandonedMessage = "The task worker that ran this task went away.";

/** A task run whose worker went away, by force: it waits for another one, with its parameters. */
export const abandonedProposal = (task_parameters_id: string | null, now: Micros): StateProposal =>
  awaitingRetry(now, { message: abandonedMessage, state_details: { deferred: true, task_parameters_id } });
