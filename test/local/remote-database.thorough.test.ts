import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { libsqlServerPath, startLibsqlServer } from "../../src/local/libsql-server.ts";
import { type Child, freePorts, startChild } from "../../src/local/processes.ts";
import { type Launched, launchReady, runVerb } from "./launch.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const part = (value: object | Buffer) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString("base64url");
function tokenOf(key: typeof privateKey): string {
  const signed = `${part({ alg: "EdDSA", typ: "JWT" })}.${part({ a: "rw" })}`;
  return `${signed}.${part(sign(null, Buffer.from(signed), key))}`;
}

describe("npm start with a database elsewhere", () => {
  let folder: string;
  let database: Child;
  let databasePort: number;
  let settings: Record<string, string>;
  let launched: Launched[];

  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "milliways-remote-")));
    const [port = 0, databaseAt = 0] = await freePorts(2);
    databasePort = databaseAt;
    launched = [];
    settings = { PORT: String(port), MILLIWAYS_DATA_DIR: join(folder, "data"), MILLIWAYS_TICK_SECONDS: "0", MILLIWAYS_UI: "off" };
    mkdirSync(join(folder, "remote"));
  });

  afterEach(async () => {
    for (const { child } of launched) child.kill("SIGTERM");
    await Promise.all(launched.map(({ exited }) => exited));
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const serveWithTokens = async () => {
    database = await startChild({
      name: "The other database",
      command: libsqlServerPath(),
      args: ["--no-welcome", "--db-path", join(folder, "remote/db"), "--http-listen-addr", `127.0.0.1:${databasePort}`],
      env: { RUST_LOG: "warn", SQLD_AUTH_JWT_KEY: publicKey.export({ format: "jwk" }).x ?? "" },
      logFile: join(folder, "remote/log"),
      ready: async () => (await fetch(`http://127.0.0.1:${databasePort}/health`)).ok,
    });
  };
  const start = async (more: Record<string, string>) => {
    const server = await launchReady({ ...settings, ...more });
    launched.push(server);
    return server;
  };
  const createFlow = async () => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "f" }) };
    return (await fetch(`http://127.0.0.1:${settings.PORT}/api/flows/`, init)).status;
  };

  it("migrates it, keeps everything there by a token, and starts no database of its own", async () => {
    await serveWithTokens();
    const variables = { TURSO_DATABASE_URL: `http://127.0.0.1:${databasePort}`, TURSO_AUTH_TOKEN: tokenOf(privateKey) };
    const first = await start(variables);
    expect(first.output()).toContain(`Its database is http://127.0.0.1:${databasePort}`);
    expect(await createFlow()).toBe(201);
    expect(readdirSync(join(folder, "data"))).not.toContain("database");
    first.child.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    rmSync(join(folder, "data"), { recursive: true });
    const second = await start(variables);
    // A flow that is there already is answered with 200.
    expect(await createFlow()).toBe(200);
    for (const server of [first, second]) expect(server.output()).not.toContain(variables.TURSO_AUTH_TOKEN);
  });

  it("takes user and password in the address, and shows neither", async () => {
    const password = "secret-of-the-test";
    database = await startLibsqlServer({
      folder: join(folder, "remote/db"),
      port: databasePort,
      password,
      logFile: join(folder, "remote/log"),
    });
    const server = await start({ TURSO_DATABASE_URL: `http://milliways:${password}@127.0.0.1:${databasePort}` });
    expect(await createFlow()).toBe(201);
    expect(server.output()).not.toContain(password);
  });

  it("ends with one sentence without the token where that is wrong, where nobody answers, and where the address is none", async () => {
    await serveWithTokens();
    const wrong = tokenOf(generateKeyPairSync("ed25519").privateKey);
    const url = `http://127.0.0.1:${databasePort}`;
    const [nowhere = 0] = await freePorts(1);
    const outcomes = [];
    for (const [TURSO_DATABASE_URL, TURSO_AUTH_TOKEN] of [
      [url, wrong],
      [url, "nonsense"],
      [url, ""],
      [`http://127.0.0.1:${nowhere}`, wrong],
    ] as const)
      outcomes.push(await runVerb("start", { ...settings, TURSO_DATABASE_URL, TURSO_AUTH_TOKEN }));
    const refused = `The database at 127.0.0.1:${databasePort} refuses these credentials: check TURSO_DATABASE_URL and TURSO_AUTH_TOKEN.`;
    const unreachable = `The database at 127.0.0.1:${nowhere} could not be migrated (ECONNREFUSED): check TURSO_DATABASE_URL.`;
    const lastLines = outcomes.map(({ status, output }) => ({ status, last: output.split("\n").at(-1) }));
    expect(lastLines).toEqual([refused, refused, refused, unreachable].map((last) => ({ status: 1, last })));
    for (const { output } of outcomes) {
      expect(output).not.toContain(wrong);
      expect(output.split("\n").length).toBeLessThan(4);
    }
    expect(await runVerb("start", { ...settings, TURSO_DATABASE_URL: "turso://x", TURSO_AUTH_TOKEN: wrong })).toEqual({
      status: 1,
      output: "TURSO_DATABASE_URL must be an address such as libsql://host or https://host.",
    });
  });
});
