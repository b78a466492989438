import type { Sources } from "../domain/surroundings.ts";
import { type CleanupResult, judgeCleanup, operationOf } from "../domain/worker-channel/cleanup.ts";
import type { CleanupFrame } from "../schemas/worker-channel.ts";
import { readCleanup } from "../store/cleanup-messages/read.ts";
import { changeCleanup } from "../store/cleanup-messages/write.ts";
import type { Database } from "../store/client.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

/** Applies a worker's answer to a cleanup message and returns the result. Two round trips: load, then write. */
export async function answerCleanup(
  deps: Sources & { readonly db: Database },
  work_pool_id: string,
  frame: CleanupFrame,
): Promise<CleanupResult> {
  const { message_id, reservation_token } = frame.payload;
  return untilCommitted(deps, async () => {
    const message = await readCleanup(deps.db, message_id);
    const at = deps.now();
    const { result, change } = judgeCleanup(message, { operation: operationOf(frame), work_pool_id, reservation_token }, at);
    if (message === null || change === null) return result;
    const release_reason = frame.type === "cleanup.release.v1" ? frame.payload.reason : undefined;
    const changes = { change, lease_expires: result.lease_expires, release_reason, now: at };
    return (await changeCleanup(deps.db, message, changes)) ? result : changedMeanwhile;
  });
}
