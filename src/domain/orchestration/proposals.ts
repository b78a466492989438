import type { Micros } from "../../lib/time.ts";
import { cancelled, failed, propose, type StateProposal, scheduled } from "../states.ts";

const parentCancelled = "The parent flow run was cancelled.";

/** An overdue run, for the policy `late`; `scheduled_time` is the run's next scheduled start. */
export const lateProposal = (scheduled_time: Micros): StateProposal => scheduled(scheduled_time, { name: "Late" });

/** A pause whose time is up, by force. */
export const pauseExpiredProposal = (): StateProposal => failed("The flow was paused and never resumed.");

/** A task run whose flow run was cancelled, by force. */
export const taskOfCancelledRunProposal = (): StateProposal => cancelled(parentCancelled);

/** A subflow run whose containing run was cancelled, by force: a deployed one may have infrastructure to stop. */
export const subflowOfCancelledRunProposal = ({ deployment_id }: { readonly deployment_id: string | null }): StateProposal =>
  deployment_id === null ? cancelled(parentCancelled) : propose("CANCELLING", { message: parentCancelled });

/** A run that nobody cancelled in time, for the policy `core`. */
export const cancellationTimedOutProposal = (): StateProposal =>
  cancelled("Flow run cancellation timed out; marked this flow run as Cancelled.");
