import WebSocket from "ws";

/** A client's end of a websocket, for tests. */
export interface TestSocket {
  readonly protocol: string;
  readonly send: (...messages: unknown[]) => void;
  readonly raw: WebSocket;
  /** Returns the next message; throws when there is none within the time or the socket closes. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
  readonly next: (milliseconds?: number) => Promise<any>;
  /** Returns how the socket was closed. */
  readonly closed: (milliseconds?: number) => Promise<{ code: number; reason: string }>;
  /** Messages that came and were not taken. */
  readonly unread: () => unknown[];
  /** Says goodbye and waits for the server's answer. */
  readonly close: () => Promise<void>;
}

interface Options {
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

/** Opens a websocket; throws when the upgrade is refused. */
export async function openSocket(url: string, { protocols = ["prefect"], headers = {} }: Options = {}): Promise<TestSocket> {
  const raw = new WebSocket(url.replace(/^http/, "ws"), protocols, { headers });
  const queue: unknown[] = [];
  let wake: () => void = () => undefined;
  let end: { code: number; reason: string } | undefined;
  raw.on("message", (data) => {
    queue.push(JSON.parse(String(data)));
    wake();
  });
  raw.on("close", (code, reason) => {
    end = { code, reason: String(reason) };
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    raw.once("open", resolve);
    raw.once("error", reject);
  });
  raw.on("error", () => undefined);
  const until = async (isDone: () => boolean, milliseconds: number, what: string) => {
    const deadline = Date.now() + milliseconds;
    while (!isDone()) {
      if (Date.now() >= deadline) throw new Error(`${what} within ${milliseconds} ms`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, Math.max(1, deadline - Date.now()));
      });
    }
  };
  return {
    protocol: raw.protocol,
    raw,
    send: (...messages) => {
      for (const message of messages) raw.send(typeof message === "string" ? message : JSON.stringify(message));
    },
    async next(milliseconds = 20_000) {
      await until(() => queue.length > 0 || end !== undefined, milliseconds, "no message");
      if (queue.length === 0) throw new Error(`closed: ${JSON.stringify(end)}`);
      return queue.shift();
    },
    async closed(milliseconds = 20_000) {
      await until(() => end !== undefined, milliseconds, "not closed");
      return end ?? { code: 0, reason: "" };
    },
    unread: () => queue,
    async close() {
      raw.close(1000);
      await until(() => end !== undefined, 20_000, "not closed");
    },
  };
}
