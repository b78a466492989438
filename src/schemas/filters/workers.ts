import * as z from "zod";
import { optional } from "../common.ts";
import { list } from "../lists.ts";
import { joined, members, time } from "./members.ts";

export const workerStatus = z.enum(["ONLINE", "OFFLINE"]).register(z.globalRegistry, { id: "WorkerStatus" });
const statuses = () => optional(list(workerStatus));

/** The conditions on a worker. */
export const workerFilter = joined("WorkerFilter", {
  last_heartbeat_time: optional(members("WorkerFilterLastHeartbeatTime", { before_: time(), after_: time() })),
  status: optional(members("WorkerFilterStatus", { any_: statuses(), not_any_: statuses() })),
});

export type WorkerFilter = z.output<typeof workerFilter>;
