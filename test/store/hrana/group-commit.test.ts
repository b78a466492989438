import { beforeEach, describe, expect, it } from "vitest";
import { memoryBudget } from "../../../src/lib/memory.ts";
import { type Database, openDatabase, type Sql } from "../../../src/store/client.ts";
import { execute, type StatementError, wireOf } from "../../../src/store/hrana/client.ts";
import { embeddedConnections, sharedConnections } from "../../../src/store/hrana/connections.ts";
import { type Batch, groupCommit, type Outcome } from "../../../src/store/hrana/program.ts";
import { emptyDatabase } from "../../support/database.ts";

const insert = (name: string): Sql => ({ sql: "insert into named values (?) returning name", args: [name] });
const copy: Sql = { sql: "insert into named select 'after ' || max(name) from named returning name", args: [] };
const write = (...statements: Sql[]): Batch => ({ mode: "write", statements });

describe("writes that are committed as a group", () => {
  let url: string;
  let db: Database;
  beforeEach(async () => {
    ({ url } = await emptyDatabase());
    db = openDatabase({ url, connections: embeddedConnections(1) });
    await db.write([{ sql: "create table named (name text unique)", args: [] }]);
  });

  const names = async () =>
    (await db.execute({ sql: "select name from named order by rowid", args: [] })).rows.map(([name]) => name);
  const commit = async (...batches: Batch[]): Promise<Outcome[]> => {
    const { read, ...program } = groupCommit(batches);
    const { outcomes } = await execute(wireOf(url, undefined), {
      ...program,
      stream: null,
      keep: false,
      timeout: 10_000,
      cuts: true,
      most: 10_000_000,
      lease: memoryBudget(1).lease(),
    });
    return read(outcomes);
  };
  const shown = (outcomes: readonly Outcome[]) =>
    outcomes.map((outcome) => ("error" in outcome ? codeOf(outcome.error) : outcome.results.map(({ rows }) => rows[0]?.[0])));
  const codeOf = (error: StatementError) => /^\w+/.exec(error.message)?.[0];

  it("are all there, each seeing those before it", async () => {
    const outcomes = await commit(write(insert("a")), write(copy, copy), { mode: "single", statements: [insert("z")] });
    expect(shown(outcomes)).toEqual([["a"], ["after a", "after after a"], ["z"]]);
    expect(await names()).toEqual(["a", "after a", "after after a", "z"]);
  });

  it("take back what is theirs alone when one fails", async () => {
    const broken: Sql = { sql: "insert into nowhere values (1)", args: [] };
    const outcomes = await commit(
      write(insert("a")),
      write(insert("b"), insert("a"), insert("c")),
      write(insert("d"), broken),
      write(insert("b")),
    );
    expect(shown(outcomes)).toEqual([["a"], "SQLITE_CONSTRAINT", "SQLITE_UNKNOWN", ["b"]]);
    expect(await names()).toEqual(["a", "b"]);
  });

  it("are none of them there when the transaction ends under them, and may be tried again", async () => {
    const outcomes = await commit(
      write(insert("a")),
      write({ sql: "insert or rollback into named values ('a')", args: [] }, insert("x")),
      write(insert("b")),
    );
    expect(shown(outcomes)).toEqual(["SQLITE_BUSY", "SQLITE_CONSTRAINT", "SQLITE_BUSY"]);
    expect(await names()).toEqual([]);
  });
});

describe("the writes of an isolate", () => {
  it.each([
    ["the embedded server", embeddedConnections(4), true],
    ["a shared database", sharedConnections(4), false],
  ])("of %s are all there, whatever fails among them", async (_where, connections, isInOrder) => {
    const { url } = await emptyDatabase();
    const open = () => openDatabase({ url, connections });
    await open().write([{ sql: "create table named (name text unique)", args: [] }]);
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    const settled = await Promise.allSettled(
      numbers.map((i) =>
        i % 2 === 0 ? open().write([insert(`${i}`), insert(i % 10 === 0 ? `${i}` : `and ${i}`)]) : open().execute(insert(`${i}`)),
      ),
    );
    expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(20);
    const wanted = numbers.flatMap((i) => (i % 2 === 1 ? [`${i}`] : i % 10 === 0 ? [] : [`${i}`, `and ${i}`]));
    const { rows } = await open().execute({ sql: "select name from named order by rowid", args: [] });
    const found = rows.map(([name]) => String(name));
    // Two requests under way may overtake each other.
    expect(isInOrder ? found : found.toSorted()).toEqual(isInOrder ? wanted : wanted.toSorted());
  });

  it("answer a busy database's BEGIN with patience", async () => {
    const { url } = await emptyDatabase();
    await openDatabase({ url }).write([{ sql: "create table named (name text unique)", args: [] }]);
    // Two isolates know nothing of each other's queue.
    const isolates = [embeddedConnections(2), embeddedConnections(2)];
    const writes = Array.from({ length: 100 }, (_, i) =>
      openDatabase({ url, connections: isolates[i % 2] ?? expect.fail() }).write([insert(`${i}`)]),
    );
    expect(await Promise.all(writes)).toHaveLength(100);
  });
});
