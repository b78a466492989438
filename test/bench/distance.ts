// A database server at a distance: a proxy in a thread of its own, so that its timers do not wait for the clients of the bench.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** What the distance costs, in milliseconds. */
export interface Distance {
  /** A request, half of it each way, and once more for a new connection. */
  readonly rtt: number;
  /** A request that writes is held for so long, one after the other. */
  readonly commit: number;
}

export interface DistantDatabase {
  readonly url: string;
  /** Sets the distance, which is none at the start. */
  readonly move: (distance: Distance) => void;
  readonly stop: () => Promise<void>;
}

/** Starts the proxy in front of a server; its address has the credentials of the server's. */
export async function distantDatabase(url: string): Promise<DistantDatabase> {
  const worker = new Worker(import.meta.filename, { workerData: url });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const address = new URL(url);
  address.port = String(port);
  return {
    url: address.href,
    move: (distance) => worker.postMessage(distance),
    stop: async () => void (await worker.terminate()),
  };
}

// What src/store/client.ts sends as a write: a transaction, or one statement that changes rows.
const writes =
  /^[^[]*\[\{"type":"batch","batch":\{"steps":\[\{"stmt":\{"sql":"(\\n|\s)*(begin immediate|insert|update|delete)\b/i;

function serve(server: string): void {
  let distance: Distance = { rtt: 0, commit: 0 };
  const met = new WeakSet<Socket>();
  const agent = new Agent({ keepAlive: true });
  let line: Promise<unknown> = Promise.resolve();

  const forward = (incoming: IncomingMessage, body: Buffer): Promise<{ answer: IncomingMessage; content: Buffer }> =>
    new Promise((resolve, reject) => {
      const { method, url: path, headers } = incoming;
      const { hostname, port } = new URL(server);
      const outgoing = request({ hostname, port, method, path, headers, agent }, (answer) => {
        bodyOf(answer).then((content) => resolve({ answer, content }), reject);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });

  const inLine = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = line.then(async () => {
      const result = await work();
      await sleep(distance.commit);
      return result;
    });
    line = mine.catch(() => undefined);
    return mine;
  };

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const arrived = performance.now();
    const isNew = !met.has(incoming.socket);
    met.add(incoming.socket);
    if (distance.rtt > 0) await sleep(distance.rtt / 2 + (isNew ? distance.rtt : 0));
    const forwarded = performance.now();
    const commits = distance.commit > 0 && writes.test(body.toString("utf8", 0, 400));
    const { answer, content } = await (commits ? inLine(() => forward(incoming, body)) : forward(incoming, body));
    // A timer is late by a millisecond: what the way there took too long is taken from the way back.
    const back = distance.rtt - (forwarded - arrived - (isNew ? distance.rtt : 0));
    if (distance.rtt > 0) await sleep(Math.max(0, Math.floor(back - 0.5)));
    const { "content-type": type = "application/json" } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, { "content-type": type, "content-length": content.byteLength });
    outgoing.end(content);
  };

  const proxy = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    handle(incoming, outgoing).catch((error: Error) => outgoing.writeHead(502).end(error.message));
  });
  parentPort?.on("message", (next: Distance) => {
    distance = next;
  });
  proxy.listen(0, "127.0.0.1", () => parentPort?.postMessage((proxy.address() as AddressInfo).port));
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part);
  return Buffer.concat(parts);
}

if (!isMainThread) serve(workerData);
