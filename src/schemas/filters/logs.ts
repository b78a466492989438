import * as z from "zod";
import { integer, optional } from "../common.ts";
import { flag, joined, members, time, uuids } from "./members.ts";

/** The search text of filters on logs and events. */
export const searchText = () =>
  z.string().refine((text) => text.length <= 200 || [...text].length <= 200, "String should have at most 200 characters");

/** The conditions on a log. */
export const logFilter = joined("LogFilter", {
  level: optional(
    members("LogFilterLevel", { ge_: optional(integer({ clamped: true })), le_: optional(integer({ clamped: true })) }),
  ),
  timestamp: optional(members("LogFilterTimestamp", { before_: time(), after_: time() })),
  flow_run_id: optional(members("LogFilterFlowRunId", { any_: uuids() })),
  task_run_id: optional(members("LogFilterTaskRunId", { any_: uuids(), is_null_: flag() })),
  text: optional(members("LogFilterTextSearch", { query: searchText() })),
});

export type LogFilter = z.output<typeof logFilter>;
