import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import { awaitingRetry, type StateProposal } from "../states.ts";

/**
 * How long after its socket broke a task worker counts as gone: a live worker notices the break within 40 s and reconnects. After
 * a restart of the server no break was recorded, and no worker counts as gone.
 */
export const goneAfter = fromSecondsDuration(45);

/** The maximum number of times that a run is delivered again: the run itself may be what ends its workers. */
export const mostRecoveries = 3;

/** The message that distinguishes these states from other retries. */
export const abandonedMessage = "The task worker that ran this task went away.";

/** Returns the state that is forced on a task run whose worker is gone: scheduled again, with its parameters. */
export const abandonedProposal = (task_parameters_id: string | null, now: Micros): StateProposal =>
  awaitingRetry(now, { message: abandonedMessage, state_details: { deferred: true, task_parameters_id } });
