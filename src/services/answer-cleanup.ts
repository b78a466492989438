import { type CleanupResult, judgeCleanup, operationOf } from "../domain/worker-channel/cleanup.ts";
import type { CleanupFrame } from "../schemas/worker-channel.ts";
import { changeCleanup, readCleanup } from "../store/cleanup-messages.ts";
import { type Database, DatabaseUnavailable } from "../store/client.ts";
import type { Stamps } from "../store/work-pools.ts";

const attempts = 5;

/** Does what a worker asks of a message that it was given, and returns how that went. Two round trips: look, then write. */
export async function answerCleanup(
  { db, now }: Pick<Stamps, "now"> & { readonly db: Database },
  work_pool_id: string,
  frame: CleanupFrame,
): Promise<CleanupResult> {
  const { message_id, reservation_token } = frame.payload;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const message = await readCleanup(db, message_id);
    const at = now();
    const { result, change } = judgeCleanup(message, { operation: operationOf(frame), work_pool_id, reservation_token }, at);
    if (message === null || change === null) return result;
    const release_reason = frame.type === "cleanup.release.v1" ? frame.payload.reason : undefined;
    if (await changeCleanup(db, message, { change, lease_expires: result.lease_expires, release_reason, now: at })) return result;
  }
  throw new DatabaseUnavailable("the message changed again and again");
}
