import { createServer, type IncomingMessage } from "node:http";
import { isJsonObject, type JsonObject } from "../../../src/lib/json.ts";

/** A small source: lists of objects by path, and how it answers each request. */
export interface FakeSource {
  readonly url: string;
  readonly lists: Record<string, JsonObject[]>;
  /** The requests so far, with their bodies. */
  readonly requests: { readonly path: string; readonly body: JsonObject; readonly authorization: string | undefined }[];
  /** Answers a request in place of the lists: a status with a text, undefined to answer as usual. */
  intercept: (path: string, count: number) => { status: number; text: string } | undefined;
  close(): Promise<void>;
}

/** Starts a source on the loopback interface. */
export async function fakeSource(lists: Record<string, JsonObject[]>): Promise<FakeSource> {
  const requests: FakeSource["requests"] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const path = request.url ?? "";
      requests.push({ path, body, authorization: request.headers.authorization });
      const count = requests.filter((one) => one.path === path).length;
      const { status, text } = source.intercept(path, count) ?? answer(source.lists, path, body);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const source: FakeSource = {
    url: `http://127.0.0.1:${port}/api`,
    lists,
    requests,
    intercept: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return source;
}

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const parsed: unknown = text === "" ? {} : JSON.parse(text);
  return isJsonObject(parsed) ? parsed : {};
}

const found = (value: unknown) => ({ status: 200, text: JSON.stringify(value) });

function answer(lists: FakeSource["lists"], address: string, body: JsonObject): { status: number; text: string } {
  const url = new URL(address, "http://source");
  const path = url.pathname.replace(/^\/api/, "");
  if (path === "/admin/version") return found("3.9.1");
  if (path === "/events/filter" || path === "/events/filter/next") {
    const start = Number(url.searchParams.get("page-token") ?? 0);
    const events = (lists["/events/filter"] ?? []).slice(start, start + 2);
    const isLast = start + 2 >= (lists["/events/filter"] ?? []).length;
    return found({
      events,
      total: 0,
      next_page: isLast ? null : `http://inner:1/api/events/filter/next?page-token=${start + 2}`,
    });
  }
  const run = url.searchParams.get("flow_run_id") ?? url.searchParams.get("task_run_id");
  if (run !== null) return found((lists[path] ?? []).filter((state) => Object.values(state).includes(run)));
  const list = lists[path];
  if (list === undefined) return { status: 404, text: "{}" };
  const [offset, limit] = [Number(body.offset), Number(body.limit)];
  const after = /"after_":"([^"]+)"/.exec(JSON.stringify(body))?.[1] ?? "";
  const member = path === "/logs/filter" ? "timestamp" : "expected_start_time";
  const later = after === "" ? list : list.filter((item) => String(item[member]) >= after);
  const matching = path === "/task_runs/filter" ? later.filter((item) => isAskedFor(item, body)) : later;
  return found(matching.slice(offset, offset + limit));
}

// Task runs are asked for by their flow runs, or without one.
const isAskedFor = ({ flow_run_id }: JsonObject, { flow_runs }: JsonObject): boolean =>
  flow_runs === undefined ? flow_run_id === null : JSON.stringify(flow_runs).includes(String(flow_run_id));
