import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/store/client.ts";
import type { Stream } from "../../../src/store/hrana/client.ts";
import { embeddedConnections, sharedConnections } from "../../../src/store/hrana/connections.ts";
import { keptStreams } from "../../../src/store/hrana/streams.ts";
import { emptyDatabase } from "../../support/database.ts";

const stream = (name: string): Stream => ({ baton: name, url: "http://x/" });
const second = 1000;

describe("places for streams", () => {
  let clock = 0;
  const streams = (capacity: number) => keptStreams(capacity, () => clock);
  const take = (from: ReturnType<typeof streams>) => from.take() ?? expect.fail("no place");

  it("give the stream that was used last to one request at a time", () => {
    const kept = streams(3);
    const [a, b] = [take(kept), take(kept)];
    expect([a.stream, b.stream]).toEqual([null, null]);
    kept.giveBack(a, stream("a"));
    clock += 1;
    kept.giveBack(b, stream("b"));
    expect([take(kept).stream?.baton, take(kept).stream?.baton, take(kept).stream]).toEqual(["b", "a", null]);
    expect(kept.take()).toBeNull();
  });

  it("keep none, if they are none", () => {
    expect(streams(0).take()).toBeNull();
  });

  it("forget a stream before the server does, and one that went wrong at once", () => {
    const kept = streams(1);
    kept.giveBack(take(kept), stream("a"));
    clock += 7 * second;
    const place = take(kept);
    expect(place.stream?.baton).toBe("a");
    kept.giveBack(place, stream("b"));
    clock += 9 * second;
    const later = take(kept);
    expect(later.stream).toBeNull();
    kept.giveBack(later, null);
    expect(take(kept).stream).toBeNull();
  });

  it("are free again when a request was cut off", () => {
    const kept = streams(1);
    take(kept);
    clock += 29 * second;
    expect(kept.take()).toBeNull();
    clock += 2 * second;
    expect(take(kept).stream).toBeNull();
  });
});

describe("a database with connections that stay open", () => {
  const one = { sql: "select 1", args: [] };

  it("uses one for what is asked in turn", async () => {
    const { url } = await emptyDatabase();
    const connections = embeddedConnections(4);
    const used = new Set<string>();
    const { take } = connections.readers;
    connections.readers.take = () => {
      const place = take();
      if (place?.stream) used.add(place.stream.baton.slice(0, 4));
      return place;
    };
    for (let i = 0; i < 5; i++) {
      const db = openDatabase({ url, connections });
      expect([(await db.execute(one)).rows, db.roundTrips()]).toEqual([[[1]], 1]);
    }
    expect(used.size).toBeGreaterThan(0);
    // Two at a time need two.
    const db = openDatabase({ url, connections });
    expect(await Promise.all([db.execute(one), db.execute(one)])).toHaveLength(2);
  });

  it("opens another where the server has closed or never known it, and executes once", async () => {
    const { url } = await emptyDatabase();
    const connections = sharedConnections(1);
    const setup = openDatabase({ url });
    await setup.write([{ sql: "create table counted (n integer)", args: [] }]);
    const place = connections.writers.take() ?? expect.fail();
    connections.writers.giveBack(place, { baton: "unknown", url });
    const db = openDatabase({ url, connections });
    await db.write([{ sql: "insert into counted values (1)", args: [] }]);
    expect((await db.execute({ sql: "select count(*) from counted", args: [] })).rows).toEqual([[1]]);
    expect(db.roundTrips()).toBe(3);
    // A ticket that was used already.
    const used = connections.writers.take() ?? expect.fail();
    const old = used.stream;
    connections.writers.giveBack(used, old);
    await db.execute(one);
    const now = connections.writers.take() ?? expect.fail();
    connections.writers.giveBack(now, old);
    expect((await db.execute(one)).rows).toEqual([[1]]);
  });

  it("keeps a connection after a statement that failed, with nothing of its transaction in it", async () => {
    const { url } = await emptyDatabase();
    const db = openDatabase({ url, connections: embeddedConnections(1) });
    await db.write([{ sql: "create table named (name text unique)", args: [] }]);
    const insert = { sql: "insert into named values (?)", args: ["a"] };
    await expect(db.write([{ ...insert, args: ["b"] }, insert, insert])).rejects.toMatchObject({
      kind: "unique",
      columns: "named.name",
    });
    await db.write([insert]);
    expect((await db.execute({ sql: "select name from named", args: [] })).rows).toEqual([["a"]]);
  });

  it("does without", async () => {
    const { url } = await emptyDatabase();
    const db = openDatabase({ url, connections: sharedConnections(0) });
    expect((await db.read([one, { sql: "select ?, ?, ?", args: ["x", null, true] }])).map(({ rows }) => rows)).toEqual([
      [[1]],
      [["x", null, 1]],
    ]);
  });

  it("names a server that is not there", async () => {
    const db = openDatabase({ url: "http://127.0.0.1:1/", connections: embeddedConnections(1) });
    await expect(db.execute(one)).rejects.toThrow(/fetch failed/);
  });
});
