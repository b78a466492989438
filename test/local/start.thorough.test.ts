import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { freePorts, runsWith } from "../../src/local/processes.ts";
import { type Launched, launchReady, runVerb, until } from "./launch.ts";

const notes = z.object({ holder: z.number(), children: z.object({ "libsql-server": z.number(), worker: z.number() }) });

/** Returns the TCP ports on which processes listen (Linux alone). */
function listeningPorts(pids: number[]): number[] {
  const sockets = new Set(
    pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
        } catch {
          return [];
        }
      }),
    ),
  );
  const lines = ["tcp", "tcp6"].flatMap((name) => readFileSync(`/proc/net/${name}`, "utf8").trim().split("\n").slice(1));
  const listening = lines
    .map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells[3] === "0A" && sockets.has(cells[9] ?? ""));
  return [...new Set(listening.map((cells) => Number.parseInt(cells[1]?.split(":").at(-1) ?? "0", 16)))];
}

describe("npm start", () => {
  let dataDir: string;
  let settings: Record<string, string>;
  let api: string;
  let launched: Launched[];

  beforeEach(async () => {
    dataDir = realpathSync(mkdtempSync(join(tmpdir(), "milliways-start-")));
    const [port = 0] = await freePorts(1);
    settings = { PORT: String(port), MILLIWAYS_DATA_DIR: dataDir, MILLIWAYS_TICK_SECONDS: "0" };
    api = `http://127.0.0.1:${port}/api`;
    launched = [];
  });

  afterEach(async () => {
    const pids = processes();
    for (const { child } of launched) child.kill("SIGTERM");
    await Promise.all(launched.map(({ exited }) => exited));
    for (const pid of pids.filter((other) => runsWith(other, dataDir))) process.kill(pid, "SIGKILL");
    rmSync(dataDir, { recursive: true, force: true });
  });

  const start = async (more: Record<string, string> = {}) => {
    const server = await launchReady({ ...settings, ...more });
    launched.push(server);
    return server;
  };
  const note = () => notes.parse(JSON.parse(readFileSync(join(dataDir, "processes.json"), "utf8")));
  const processes = () => {
    try {
      const { holder, children } = note();
      return [children.worker, children["libsql-server"], holder];
    } catch {
      return [];
    }
  };
  const createFlow = async (name: string) => {
    const response = await fetch(`${api}/flows/`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
    return response.status;
  };
  // A flow that is there already is answered with 200, a new one with 201.
  const hasFlow = async (name: string) => (await createFlow(name)) === 200;
  const answers = async () =>
    await fetch(`${api}/flows/count`, { method: "POST" }).then(
      (response) => response.ok,
      () => false,
    );

  it("keeps everything acknowledged over a restart and over kill -9 of all its processes", async () => {
    const first = await start();
    expect(await createFlow("before the restart")).toBe(201);
    first.child.kill("SIGINT");
    expect(await first.exited, first.output()).toBe(0);

    const second = await start();
    expect(await hasFlow("before the restart")).toBe(true);
    expect(await createFlow("before the kill")).toBe(201);
    for (const pid of [second.child.pid ?? 0, ...processes()]) process.kill(pid, "SIGKILL");
    await second.exited;

    await start();
    expect(await hasFlow("before the restart")).toBe(true);
    expect(await hasFlow("before the kill")).toBe(true);
  });

  it("opens no port besides the API's that answers without its secret", async () => {
    await start({ MILLIWAYS_TICK_SECONDS: "60" });
    const ports = listeningPorts(processes()).filter((port) => port !== Number(settings.PORT));
    // The database and the control of the cron.
    expect(ports).toHaveLength(2);
    const pipeline = { method: "POST", headers: { "content-type": "text/plain" }, body: JSON.stringify({ requests: [] }) };
    const statuses = await Promise.all(
      ports.flatMap((port) =>
        [
          ...["/", "/dump", "/beta/listen", "/metrics", "/console"].map((path) => fetch(`http://127.0.0.1:${port}${path}`)),
          ...["/", "/v1/batch", "/v2/pipeline", "/v3/pipeline", "/v3/cursor", "/v2/pipeline?x"].map((path) =>
            fetch(`http://127.0.0.1:${port}${path}`, pipeline),
          ),
        ].map(async (answer) => (await answer).status),
      ),
    );
    expect(statuses.filter((status) => ![401, 403, 404, 405].includes(status))).toEqual([]);
    expect(statuses.filter((status) => status === 401 || status === 403).length).toBeGreaterThan(12);
    // That the libSQL server lives and which protocols it speaks is no secret, and all that it says.
    const said = await Promise.all(
      ports.flatMap((port) =>
        ["/health", "/v1", "/v2", "/v3"].map(async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()),
      ),
    );
    expect([...new Set(said)].toSorted()).toEqual([
      "",
      "Hello, this is HTTP API v2 (Hrana over HTTP)",
      "This is sqld HTTP API v1",
    ]);
  });

  it("keeps its data folder to its own user, also one that was open before", async () => {
    mkdirSync(join(dataDir, "database"), { recursive: true });
    writeFileSync(join(dataDir, "libsql-server.log"), "");
    writeFileSync(join(dataDir, "not-ours.txt"), "");
    for (const path of [".", "database", "libsql-server.log", "not-ours.txt"]) chmodSync(join(dataDir, path), 0o777);
    await start();
    await createFlow("written");
    const modes = (path: string): [string, number][] => {
      const { mode } = lstatSync(path);
      const own: [string, number] = [path, mode & 0o777];
      return lstatSync(path).isDirectory() ? [own, ...readdirSync(path).flatMap((name) => modes(join(path, name)))] : [own];
    };
    const found = modes(dataDir).filter(([path]) => !path.endsWith("not-ours.txt"));
    expect(found.length).toBeGreaterThan(6);
    expect(found.filter(([path, mode]) => mode !== (lstatSync(path).isDirectory() ? 0o700 : 0o600))).toEqual([]);
    expect(lstatSync(join(dataDir, "not-ours.txt")).mode & 0o777).toBe(0o777);
  });

  it("starts over servers that a killed start left behind", async () => {
    await start();
    await createFlow("kept");
    const { holder, children } = note();
    process.kill(holder, "SIGKILL");
    await launched[0]?.exited;
    // Both still run, on the data folder and on the port.
    expect(runsWith(children["libsql-server"], dataDir)).toBe(true);
    expect(runsWith(children.worker, dataDir)).toBe(true);
    await start();
    expect(await hasFlow("kept")).toBe(true);
    expect(runsWith(children["libsql-server"], dataDir)).toBe(false);
    expect(runsWith(children.worker, dataDir)).toBe(false);
  });

  it("ends all its servers when its launcher is killed", async () => {
    const server = await start();
    const pids = processes();
    server.child.kill("SIGKILL");
    await server.exited;
    await until(() => pids.every((pid) => !runsWith(pid, dataDir)));
  });

  it("starts a server again that dies, and says so", async () => {
    const server = await start();
    await createFlow("kept");
    process.kill(note().children["libsql-server"], "SIGKILL");
    await until(() => server.output().includes("The libSQL server ended with signal SIGKILL; starting it again."), server.output);
    await until(answers);
    process.kill(note().children.worker, "SIGKILL");
    await until(() => server.output().includes("The Worker ended with signal SIGKILL; starting it again."), server.output);
    await until(answers);
    expect(await hasFlow("kept")).toBe(true);
  });

  it("refuses a data folder that another server has, and one that cannot be", async () => {
    await start();
    const [port = 0] = await freePorts(1);
    const second = await runVerb("start", { ...settings, PORT: String(port) });
    expect(second).toEqual({
      status: 1,
      output: expect.stringMatching(/^Another Milliways \(process \d+\) runs on the data folder .*\.$/),
    });
    const file = join(dataDir, "a-file");
    writeFileSync(file, "");
    const impossible = await runVerb("start", { ...settings, PORT: String(port), MILLIWAYS_DATA_DIR: join(file, "data") });
    expect(impossible).toEqual({
      status: 1,
      output: expect.stringMatching(/^The data folder .* cannot be written \(ENOTDIR\): .*\.$/),
    });
    expect(await answers()).toBe(true);
  });

  it("refuses a port that is taken, in one sentence", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(Number(settings.PORT), "127.0.0.1", resolve));
    const refused = await runVerb("start", settings);
    other.close();
    expect(refused).toEqual({
      status: 1,
      output: `Port ${settings.PORT} on 127.0.0.1 is taken: end what listens there, or set PORT to another.`,
    });
  });

  it("asks for the credentials that it was given", async () => {
    await start({ MILLIWAYS_AUTH_STRING: "arthur:dent" });
    expect((await fetch(`${api}/flows/count`, { method: "POST" })).status).toBe(401);
    const authorization = `Basic ${Buffer.from("arthur:dent").toString("base64")}`;
    expect((await fetch(`${api}/flows/count`, { method: "POST", headers: { authorization } })).status).toBe(200);
  });
});
