import { connect, createServer, type Socket } from "node:net";

export type CuttingProxy = {
  /** The server's API as seen through it. */
  apiUrl: string;
  /** How many websockets are open through it. */
  sockets: () => number;
  /** Destroys every websocket, or every connection, without a last word; returns how many websockets there were. */
  cut: (what?: { all: boolean }) => number;
  close: () => Promise<void>;
};

const UPGRADE = /\r\nupgrade: *websocket\r\n/i;

/** Passes bytes on to a server until it is told to cut the connections. */
export async function startCuttingProxy(apiUrl: string): Promise<CuttingProxy> {
  const target = new URL(apiUrl);
  const open = new Map<Socket, { upstream: Socket; isWebsocket: boolean }>();
  const server = createServer((socket) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair = { upstream, isWebsocket: false };
    open.set(socket, pair);
    socket.on("data", (chunk: Buffer) => {
      pair.isWebsocket ||= UPGRADE.test(chunk.toString("latin1"));
    });
    socket.pipe(upstream).pipe(socket);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy listens on no port");
  const websockets = () => [...open.values()].filter(({ isWebsocket }) => isWebsocket).length;
  const cut = ({ all } = { all: false }): number => {
    const lost = websockets();
    for (const [socket, { upstream, isWebsocket }] of open) {
      if (!all && !isWebsocket) continue;
      // A reset, as of a machine that went away: what is under way in either direction is lost.
      socket.resetAndDestroy();
      upstream.resetAndDestroy();
    }
    return lost;
  };
  return {
    apiUrl: `http://127.0.0.1:${address.port}${target.pathname}`,
    sockets: websockets,
    cut,
    close: async () => {
      cut({ all: true });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
