import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** A client of a websocket that keeps no rule of the protocol by itself: it answers no close, and sends what it is told to. */
export interface RawSocket {
  /** The status line's code once it has come. */
  readonly status: () => Promise<number>;
  readonly sendText: (text: string) => void;
  /** Sends text frames one after the other, as fast as the transport takes them, until it is cut. */
  readonly flood: (text: string) => void;
  /** Done when the transport is gone, with the milliseconds since it was opened. */
  readonly cut: Promise<number>;
  readonly bytesSent: () => number;
  /** What the server sent, as bytes in Latin-1. */
  readonly received: () => string;
  readonly destroy: () => void;
}

/** Returns one masked text frame. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : payload.length < 65_536
        ? Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff])
        : Buffer.concat([Buffer.from([0x81, 0x80 | 127]), bigEndian(payload.length)]);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

function bigEndian(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}

/** Opens a websocket by hand. */
export function rawSocket(url: string, headers: Record<string, string> = {}): RawSocket {
  const { hostname, port, host, pathname } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  const opened = performance.now();
  let received = "";
  let sent = 0;
  const lines = {
    host,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    "sec-websocket-protocol": "prefect",
    ...headers,
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${pathname} HTTP/1.1\r\n${head.join("")}\r\n`);
  const status = new Promise<number>((resolve, reject) => {
    socket.on("data", (data) => {
      received += data.toString("latin1");
      const code = /^HTTP\/1\.1 (\d+)/.exec(received)?.[1];
      if (code !== undefined) resolve(Number(code));
    });
    socket.once("close", () => reject(new Error("closed before a status came")));
  });
  status.catch(() => undefined);
  socket.on("error", () => undefined);
  const cut = new Promise<number>((resolve) => socket.once("close", () => resolve(performance.now() - opened)));
  const send = (bytes: Buffer): boolean => {
    sent += bytes.length;
    return socket.write(bytes);
  };
  return {
    status: () => status,
    sendText: (text) => void send(frame(text)),
    flood: (text) => {
      const bytes = frame(text);
      const more = () => {
        while (!socket.destroyed && send(bytes));
      };
      socket.on("drain", more);
      more();
    },
    cut,
    bytesSent: () => sent,
    received: () => received,
    destroy: () => void socket.destroy(),
  };
}
