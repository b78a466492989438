import type { Micros } from "../../lib/time.ts";
import { cancelled, failed, propose, type StateProposal, scheduled } from "../states.ts";

const parentCancelled = "The parent flow run was cancelled.";

/** The proposal for an overdue run, under the policy `late`; `scheduled_time` is the run's next scheduled start. */
export const lateProposal = (scheduled_time: Micros): StateProposal => scheduled(scheduled_time, { name: "Late" });

/** The forced state of a run whose pause timed out. */
export const pauseExpiredProposal = (): StateProposal => failed("The flow was paused and never resumed.");

/** The forced state of a task run whose flow run was cancelled. */
export const taskOfCancelledRunProposal = (): StateProposal => cancelled(parentCancelled);

/**
 * The forced state of a subflow run whose parent run was cancelled: CANCELLING with a deployment, whose infrastructure may have
 * to be stopped first.
 */
export const subflowOfCancelledRunProposal = ({ deployment_id }: { readonly deployment_id: string | null }): StateProposal =>
  deployment_id === null ? cancelled(parentCancelled) : propose("CANCELLING", { message: parentCancelled });

/** The proposal for a run whose cancellation timed out, under the policy `core`. */
export const cancellationTimedOutProposal = (): StateProposal =>
  cancelled("Flow run cancellation timed out; marked this flow run as Cancelled.");

/** The proposal for a running flow run that sends no heartbeats any more, under the policy `core`. */
export const unresponsiveProposal = (seconds: number): StateProposal =>
  propose("CRASHED", { message: `Flow run marked as crashed: its last heartbeat was more than ${seconds} seconds ago.` });
