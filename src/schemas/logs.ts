import * as z from "zod";
import { integer, optional, timestamp, uuid, wireTime } from "./common.ts";
import { listBody, withDefault } from "./filters/bodies.ts";
import { logFilter } from "./filters/logs.ts";
import { list, requestBounds } from "./lists.ts";

export const logSort = z.enum(["TIMESTAMP_ASC", "TIMESTAMP_DESC"]).register(z.globalRegistry, { id: "LogSort" });
export type LogSort = z.output<typeof logSort>;

export const log = z
  .object({
    id: uuid(),
    created: wireTime().nullable(),
    updated: wireTime().nullable(),
    name: z.string(),
    level: z.number().int(),
    message: z.string(),
    timestamp: wireTime(),
    flow_run_id: uuid().nullable(),
    task_run_id: uuid().nullable(),
  })
  .register(z.globalRegistry, { id: "Log" });
export type Log = z.input<typeof log>;

const text = () => z.string().transform((value) => value.replaceAll("\0", ""));

export const logCreate = z
  .strictObject({
    name: text(),
    // A level of any size is accepted; it is clamped to what a double holds exactly.
    level: integer({ clamped: true }),
    message: text(),
    timestamp: timestamp(),
    flow_run_id: uuid().nullable().default(null),
    task_run_id: uuid().nullable().default(null),
  })
  .register(z.globalRegistry, { id: "LogCreate" });
export type LogCreate = z.output<typeof logCreate>;

export const logsCreate = list(logCreate, requestBounds.records);

export const logList = listBody({ logs: optional(logFilter), sort: withDefault(logSort, "TIMESTAMP_ASC") });
