import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { memoryBudget } from "../../../src/lib/memory.ts";
import { type LibsqlServer, startLibsqlServer } from "../../../src/local/libsql-server.ts";
import { freePorts } from "../../../src/local/processes.ts";
import { type Database, DatabaseUnavailable, openDatabase } from "../../../src/store/client.ts";
import { NoAnswer, wireOf } from "../../../src/store/hrana/client.ts";
import { type Connections, embeddedConnections, sharedConnections } from "../../../src/store/hrana/connections.ts";
import { sender } from "../../../src/store/hrana/sender.ts";
import { emptyDatabase } from "../../support/database.ts";

const sql = (text: string, ...args: (string | number)[]) => ({ sql: text, args });
/** More bytes than the test server sends in one answer. */
const large = sql("select hex(zeroblob(2000000)) from json_each('[1,2,3,4,5,6,7,8,9]')");
const insert = (n: number) => sql("insert into counted values (?)", n);

/** Each way in which a request to the database fails, on a table with a row 1. */
const failures: Record<string, (db: Database) => Promise<unknown>> = {
  "a read that breaks off because its rows are too many bytes": (db) => db.read([sql("select 1"), large]),
  "one statement whose rows are too many bytes": (db) => db.execute(large),
  "a write that breaks off because its rows are too many bytes": (db) => db.write([insert(7), large, insert(8)]),
  "a write that is refused by a constraint": (db) => db.write([insert(7), insert(1)]),
  "one statement that is refused by a constraint": (db) => db.execute(insert(1)),
  "a read with a malformed statement": (db) => db.read([sql("select 1"), sql("select nothing from nowhere")]),
  "a write with a malformed statement": (db) => db.write([insert(7), sql("insert into nowhere values (1)")]),
  "a write that ends its own transaction": (db) => db.write([insert(9), sql("rollback"), insert(1)]),
};

describe.each<[string, () => Connections]>([
  ["the embedded server", () => embeddedConnections(2)],
  ["a shared database", () => sharedConnections(2)],
])("kept streams of %s", (_, connections) => {
  let url: string;
  let db: Database;
  beforeEach(async () => {
    ({ url } = await emptyDatabase());
    db = openDatabase({ url, connections: connections() });
    await db.write([sql("create table counted (n integer unique)"), insert(1)]);
  });

  it.each(Object.entries(failures))("see the newest commit after %s", async (_name, fail) => {
    const others = openDatabase({ url });
    const sum = sql("select group_concat(n) from counted");
    for (let round = 0; round < 3; round++) {
      await Promise.all([fail(db).catch(() => undefined), fail(db).catch(() => undefined)]);
      await others.write([insert(100 + round)]);
      const expected = (await others.execute(sum)).rows;
      // Two at a time use both streams, for reads on one snapshot and for single statements.
      for (const read of await Promise.all([1, 2, 3, 4].map(() => db.read([sum, sql("select 1")]))))
        expect(read[0]?.rows).toEqual(expected);
      for (const read of await Promise.all([1, 2].map(() => db.execute(sum)))) expect(read.rows).toEqual(expected);
      await db.write([insert(200 + round)]);
    }
    expect((await others.execute(sql("select count(*) from counted where n between 100 and 300"))).rows).toEqual([[6]]);
  });

  it("let the other writes of a group succeed when one of them has too large a result", async () => {
    const writes = [insert(2), insert(3), insert(4)].map((one, i) => db.write(i === 1 ? [one, large] : [one]));
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await db.execute(sql("select n from counted order by n"))).rows).toEqual([[1], [2], [4]]);
  });
});

describe("a database that does not answer", () => {
  const one = sql("select 1");

  it("ends a read and a write as unavailable within ten seconds, in the queue too", { timeout: 20_000 }, async () => {
    const server = createServer((socket) => socket.on("error", () => undefined).resume());
    const [port = 0] = await freePorts(1);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const db = openDatabase({ url: `http://127.0.0.1:${port}/`, connections: embeddedConnections(2) });
    const started = performance.now();
    const outcomes = await Promise.allSettled([db.execute(one), ...[1, 2, 3].map(() => db.write([one]))]);
    expect(performance.now() - started).toBeLessThan(10_000);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(DatabaseUnavailable) });
    server.close();
  });

  it("has the connections of later requests cut when their time is over", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on("error", () => undefined).resume()));
    const [port = 0] = await freePorts(1);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const memory = memoryBudget(Number.POSITIVE_INFINITY);
    const wire = wireOf(`http://127.0.0.1:${port}/`, undefined);
    const options = { wire, memory, waitUntil: undefined, onSecondTry: () => undefined };
    const { read } = sender({ ...options, connections: embeddedConnections(2) });
    const ask = () => read({ mode: "single", statements: [one] }, Date.now() + 100, { most: 1000, lease: memory.lease() });
    await expect(ask()).rejects.toThrow(NoAnswer);
    const later = ask();
    await expect.poll(() => sockets.length).toBe(2);
    await expect(later).rejects.toThrow(NoAnswer);
    await expect.poll(() => sockets[1]?.closed).toBe(true);
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  describe("because its process is stopped", () => {
    const folder = mkdtempSync(join(tmpdir(), "milliways-stopped-"));
    let server: LibsqlServer;
    beforeAll(async () => {
      const [port = 0] = await freePorts(1);
      server = await startLibsqlServer({ folder: join(folder, "database"), port, logFile: join(folder, "log") });
    });
    afterAll(async () => {
      process.kill(server.pid, "SIGCONT");
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it("serves again, on the same streams, when it goes on", { timeout: 30_000 }, async () => {
      const db = openDatabase({ url: server.url, connections: embeddedConnections(2) });
      await db.write([sql("create table counted (n integer)")]);
      process.kill(server.pid, "SIGSTOP");
      const outcomes = await Promise.allSettled([db.execute(one), db.write([insert(1)])]);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: expect.any(DatabaseUnavailable) });
      process.kill(server.pid, "SIGCONT");
      await db.write([insert(2)]);
      const [counted] = await db.read([sql("select n from counted where n = 2"), one]);
      expect(counted?.rows).toEqual([[2]]);
    });
  });
});
