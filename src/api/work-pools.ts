import { workPoolObjects } from "./work-pools/pools.ts";
import { poolQueueOperations } from "./work-pools/queues.ts";
import { scheduledRunOperations } from "./work-pools/scheduled-runs.ts";
import { workerOperations } from "./work-pools/workers.ts";

export const workPoolOperations = [...workPoolObjects, ...scheduledRunOperations, ...poolQueueOperations, ...workerOperations];
