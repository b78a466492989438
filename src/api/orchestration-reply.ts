import { Reply } from "../http/operation.ts";
import { presentDecision } from "../present/states.ts";

/** Returns the answer to a proposed state: 201 when the proposal made a state, else 200. */
export const orchestrationReply = (decision: Parameters<typeof presentDecision>[0] & { readonly written: unknown }) =>
  new Reply(decision.written === null ? 200 : 201, presentDecision(decision));
