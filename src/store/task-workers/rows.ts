import { rowMapper } from "../sql/rows.ts";
import { type TaskWorkerRow, taskWorker } from "../tables/task-workers.ts";

/** The rows of the sockets of task workers. */
export const workers = rowMapper(taskWorker);

/** The socket of a connected task worker. */
export type Socket = Omit<TaskWorkerRow, "lost">;
