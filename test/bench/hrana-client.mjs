// node test/bench/hrana-client.mjs [rounds]: the processor time that a request to the database costs this side, with src/store/hrana and with
// the official protocol library (@libsql/client brings it), on one libSQL server. Both keep a stream open, and take turns in short rounds, so
// that what else the machine does meets both. The ratios count: Node's own fetch is most of the time of a short request.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { memoryBudget } from "../../src/lib/memory.ts";
import { startLibsqlServer } from "../../src/local/libsql-server.ts";
import { freePorts } from "../../src/local/processes.ts";
import { execute, wireOf } from "../../src/store/hrana/client.ts";
import { programOf } from "../../src/store/hrana/program.ts";

const rounds = Number(process.argv[2] ?? 40);
const esm = createRequire(createRequire(import.meta.url).resolve("@libsql/client")).resolve("@libsql/hrana-client");
const { BatchCond, openHttp } = await import(pathToFileURL(esm.replace("lib-cjs", "lib-esm")).href);

const texts = Array.from({ length: 12 }, (_, i) => `t${i}`);
const numbers = Array.from({ length: 7 }, (_, i) => `n${i}`);
const documents = Array.from({ length: 6 }, (_, i) => `j${i}`);
const columns = [...texts, ...numbers, ...documents];
const json = JSON.stringify({ tags: ["a", "b"], retries: 3, labels: { team: "core", tier: 1 }, message: "x".repeat(80) });
const row = (i) => [
  ...texts.map((_, c) => `text ${c} of row ${i}`),
  ...numbers.map((_, c) => 1_700_000_000_000 + c * i),
  ...documents.map(() => json),
];
const insert = (i) => ({
  sql: `insert into run (${columns}) values (${columns.map(() => "?")}) returning id`,
  args: row(i),
});

const workloads = {
  "one statement": {
    count: 200,
    batch: () => ({ mode: "single", statements: [{ sql: "select ?, n0 from run where id = ?", args: ["x", 7] }] }),
  },
  "a page of 200 rows of 26 columns": {
    count: 15,
    batch: () => ({ mode: "single", statements: [{ sql: "select * from run order by id limit ?", args: [200] }] }),
  },
  "a write of a transition (7 statements)": {
    count: 60,
    batch: (i) => ({
      mode: "write",
      statements: [
        insert(i),
        { sql: "update run set t0 = ?, n0 = ?, n1 = n1 + 1 where id = ? and t1 <> ?", args: ["RUNNING", i, 3, "absent"] },
        ...[1, 2, 3, 4].map((n) => ({ sql: "insert into event (t, n, j) values (?, ?, ?)", args: [`event ${n}`, i, json] })),
        { sql: "select id, t0, n0 from run where id = ?", args: [3] },
      ],
    }),
  },
};

/** Sends as src/store/hrana/sender does, in a stream that stays open. */
function ours(wire) {
  const budget = memoryBudget(100_000_000);
  let stream = null;
  return async (batch) => {
    const { steps, protocol, read } = programOf(batch);
    const lease = budget.lease();
    const bounds = { timeout: 9_000, cuts: false, most: 24_000_000, lease };
    const sent = await execute(wire, { steps, protocol, stream, keep: true, ...bounds });
    lease.release();
    stream = sent.stream;
    return read(sent.outcomes)[0].results.map(({ rows }) => rows.map((cells) => [...cells]));
  };
}

/** Sends the same steps with the library, its time limit and the limit of bytes left out. */
function library({ url, authorization }) {
  const withCredentials = (request) => {
    request.headers.set("authorization", authorization);
    return fetch(request);
  };
  const stream = openHttp(url, undefined, withCredentials).openStream();
  const cells = ({ rows }) => rows.map((one) => Array.from(one));
  return async ({ mode, statements }) => {
    if (mode === "single") return Promise.all(statements.map(({ sql, args }) => stream.query([sql, args]).then(cells)));
    const batch = stream.batch(false);
    let last = batch.step();
    const asked = [last.run("begin immediate")];
    for (const { sql, args } of statements) {
      const step = batch.step().condition(BatchCond.ok(last));
      asked.push(step.query([sql, args]));
      last = step;
    }
    const commit = batch.step().condition(BatchCond.ok(last));
    asked.push(commit.run("commit"));
    asked.push(
      batch
        .step()
        .condition(BatchCond.not(BatchCond.ok(commit)))
        .run("rollback"),
    );
    await batch.execute();
    return (await Promise.all(asked)).slice(1, -2).map(cells);
  };
}

async function used(send, { count, batch }) {
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) await send(batch(i));
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / count;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const folder = mkdtempSync(join(tmpdir(), "milliways-hrana-"));
const [port] = await freePorts(1);
const server = await startLibsqlServer({ folder: join(folder, "database"), port, logFile: join(folder, "database.log") });
try {
  const wire = wireOf(server.url, undefined);
  const own = ours(wire);
  const theirs = library(wire);
  const single = (sql) => own({ mode: "single", statements: [{ sql, args: [] }] });
  const declared = [
    ...texts.map((c) => `${c} text`),
    ...numbers.map((c) => `${c} integer`),
    ...documents.map((c) => `${c} text`),
  ];
  await single(`create table run (id integer primary key, ${declared})`);
  await single("create table event (id integer primary key, t text, n integer, j text)");
  await own({ mode: "write", statements: Array.from({ length: 200 }, (_, i) => insert(i)) });
  for (const [name, workload] of Object.entries(workloads)) {
    const same =
      JSON.stringify((await own(workload.batch(0))).at(-1)) === JSON.stringify((await theirs(workload.batch(0))).at(-1));
    if (!same) throw new Error(`the two answer differently: ${name}`);
    const figures = { own: [], theirs: [] };
    for (let round = 0; round < rounds; round++) {
      figures.own.push(await used(own, workload));
      figures.theirs.push(await used(theirs, workload));
    }
    const [a, b] = [median(figures.own.slice(3)), median(figures.theirs.slice(3))];
    console.log(`${name}: ours ${a.toFixed(3)} ms, the library ${b.toFixed(3)} ms a request (${(b / a).toFixed(2)} times)`);
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
process.exit();
