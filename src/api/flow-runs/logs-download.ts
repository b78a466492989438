import type { Deps } from "../../deps.ts";
import { found } from "../../http/errors.ts";
import { operation } from "../../http/operation.ts";
import { formatTime, type Micros } from "../../lib/time.ts";
import { byId } from "../../schemas/common.ts";
import { continueLogsOfFlowRun, type LogPart, startLogsOfFlowRun } from "../../store/logs/read.ts";
import type { LogRow } from "../../store/tables/logs.ts";

const partSize = 1000;
const head = ["timestamp", "level", "flow_run_id", "task_run_id", "message"];

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const line = (fields: readonly string[]): string => `${fields.map(quoted).join(",")}\r\n`;

/** Returns a time as Python writes it: `2035-01-01 00:00:01.500000+00:00`, without a fraction where there is none. */
function pythonTime(value: Micros): string {
  const text = formatTime(value);
  const fraction = text.slice(19, -1);
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction === ".000000" ? "" : fraction}+00:00`;
}

const logLine = (row: LogRow): string =>
  line([pythonTime(row.timestamp), String(row.level), row.flow_run_id ?? "", row.task_run_id ?? "", row.message]);

// Read in parts of a thousand, so a long log costs a round trip for each, but never more memory than one part.
function csvOf(deps: Deps, flow_run_id: string, first: LogPart): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let part = first;
  let isFirst = true;
  return new ReadableStream({
    async pull(controller) {
      const last = part.rows.at(-1);
      controller.enqueue(encoder.encode((isFirst ? line(head) : "") + part.rows.map(logLine).join("")));
      isFirst = false;
      if (last === undefined || !part.more) return controller.close();
      part = await continueLogsOfFlowRun(deps.db, flow_run_id, last, partSize);
      if (part.rows.length === 0) controller.close();
    },
  });
}

export const logsDownload = operation({
  method: "GET",
  path: "/flow_runs/{id}/logs/download",
  tag: "Flow Runs",
  scope: "see_logs",
  summary: "Download Logs",
  params: byId,
  status: 200,
  media: "text/csv",
  handle: async ({ params, deps }) => {
    const { name, ...first } = found(await startLogsOfFlowRun(deps.db, params.id, partSize), "Flow run not found");
    return new Response(csvOf(deps, params.id, first), {
      headers: {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="flow-run-logs.csv"; filename*=UTF-8''${encodeURIComponent(name)}-logs.csv`,
      },
    });
  },
});
