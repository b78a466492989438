import * as z from "zod";
import { operation } from "../http/operation.ts";
import { presentLog } from "../present/logs.ts";
import { log, logList, logsCreate } from "../schemas/logs.ts";
import { listLogs } from "../store/logs/read.ts";
import { insertLogs } from "../store/logs/write.ts";

const tag = "Logs";

export const logOperations = [
  operation({
    method: "POST",
    path: "/logs/",
    tag,
    scope: "write_logs",
    audited: false,
    summary: "Create Logs",
    body: logsCreate,
    response: z.null(),
    status: 201,
    handle: async ({ body, deps }) => {
      await insertLogs(deps.db, body, { now: deps.now(), newId: deps.newId });
      return null;
    },
  }),
  operation({
    method: "POST",
    path: "/logs/filter",
    tag,
    scope: "see_logs",
    summary: "Read Logs",
    body: logList,
    bodyRequired: false,
    response: z.array(log),
    handle: async ({ body: { logs, sort, limit, offset }, deps }) =>
      (await listLogs(deps.db, { filter: logs, sort, limit, offset })).map(presentLog),
  }),
];
