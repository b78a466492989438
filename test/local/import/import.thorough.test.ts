import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { secretBox } from "../../../src/lib/secret-box.ts";
import { hasDifferences, reportLines } from "../../../src/local/import/report.ts";
import { type ImportOptions, runImport, stages } from "../../../src/local/import/run-import.ts";
import { openSource } from "../../../src/local/import/source.ts";
import { openDatabase } from "../../../src/store/client.ts";
import { type TestApp, testApp } from "../../support/app.ts";
import { type FakeSource, fakeSource } from "./fake-source.ts";
import { idOf, secret, world, worldCounts } from "./world.ts";

const day = 86_400_000_000;
const now = Date.parse("2026-11-30T00:00:00Z") * 1000;
const key = Buffer.alloc(32, 7).toString("base64");
const box = secretBox([key], (length) => crypto.getRandomValues(new Uint8Array(length)));

describe("the import of another server", () => {
  let app: TestApp;
  let source: FakeSource;
  let folder: string;
  beforeEach(async () => {
    [app, source] = await Promise.all([testApp(), fakeSource(world())]);
    folder = mkdtempSync(join(tmpdir(), "milliways-import-"));
  });
  afterEach(async () => {
    await source.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const cursor = (): string => join(folder, "import.cursor");
  const database = () => openDatabase({ url: app.deps().config.databaseUrl });
  const run = (options: Partial<ImportOptions> = {}, bounds: { maximumBytes?: number } = {}) =>
    runImport({
      source: openSource({ url: source.url, pauseMs: 1, authorization: "Basic dTpw", ...bounds }),
      db: database(),
      box,
      now,
      runsFor: 30 * day,
      isDryRun: false,
      cursor: cursor(),
      ...options,
    });
  const rows = async (statement: string) =>
    (await database().execute({ sql: statement, args: [] })).rows.map((row) => Array.from(row));
  const counts = ({ tallies }: Awaited<ReturnType<typeof run>>, what: "created" | "same" | "differing") =>
    Object.fromEntries(Array.from(tallies, ([name, tally]) => [name, tally[what]]));

  it("keeps ids and times of everything, and finds both sides equal", async () => {
    const result = await run();
    expect(counts(result, "created")).toEqual(worldCounts);
    expect(
      Array.from(result.tallies.values(), ({ here, source: there }) => here.sum === there.sum && here.count === there.count),
    ).toEqual(Object.keys(worldCounts).map(() => true));
    expect(hasDifferences(result)).toBe(false);
    expect(existsSync(cursor())).toBe(false);
    const { body: deployment } = await app.get(`/deployments/${idOf(30)}`);
    expect(deployment).toMatchObject({
      id: idOf(30),
      created: "2026-11-01T10:00:00.123456Z",
      tags: ["prod"],
      work_pool_name: "big pool",
      work_queue_name: "default",
    });
    expect(deployment.schedules.map(({ id }: { id: string }) => id).sort()).toEqual([idOf(31), idOf(32)]);
    expect(deployment.global_concurrency_limit).toMatchObject({ id: idOf(20), name: "db", active_slots: 0 });
    expect((await app.get(`/work_pools/big%20pool/queues/fast`)).body).toMatchObject({
      id: idOf(12),
      priority: 1,
      status: "PAUSED",
    });
    expect((await app.get("/concurrency_limits/tag/slow")).body).toMatchObject({ id: idOf(21), concurrency_limit: 2 });
    expect((await app.post("/flow_runs/filter", { flow_runs: { tags: { all_: ["nightly"] } } })).body).toHaveLength(4);
    expect((await app.get(`/flow_runs/${idOf(101)}`)).body).toMatchObject({ parent_task_run_id: idOf(200), total_run_time: 2.5 });
    expect(
      (await app.post("/logs/filter", { sort: "TIMESTAMP_ASC" })).body.map(({ message }: { message: string }) => message),
    ).toEqual(["line 0", "line 1", "line 2", "line 3"]);
    expect((await app.get("/artifacts/report/latest")).body).toMatchObject({ data: [[1]] });
  });

  it("finds the queue of a deployment by its names where the source does not tell the id", async () => {
    const [deployment] = world()["/deployments/filter"] ?? [];
    source.lists["/deployments/filter"] = [
      { ...deployment, work_queue_id: undefined, work_pool_name: "big pool", work_queue_name: "fast" },
    ];
    await run({ runsFor: null });
    expect((await app.get(`/deployments/${idOf(30)}`)).body).toMatchObject({
      work_pool_name: "big pool",
      work_queue_id: idOf(12),
    });
  });

  it("leaves out the future runs of schedules, and keeps late ones and those that were asked for", async () => {
    const result = await run();
    expect(await rows("select id from flow_run order by id")).toEqual([100, 101, 103, 104].map((n) => [idOf(n)]));
    expect(result.remarks).toContain("1 future runs of schedules were left out: this server makes its own.");
    expect(result.remarks).toContainEqual(expect.stringMatching(/^1 deployments have active schedules: /));
    expect(await rows("select id from deployment_schedule where due is not null")).toEqual([[idOf(31)]]);
  });

  it("fires no automation by what it imports, also where automations are here already", async () => {
    await run({ runsFor: null });
    await run();
    expect(await rows("select min(since) >= (select max(position) from event) from automation_trigger")).toEqual([[1]]);
    expect(await rows("select count(*) from event")).toEqual([[3]]);
  });

  it("encrypts secrets with this server's key, and tells them nowhere", async () => {
    const result = await run();
    expect(source.requests.find(({ path }) => path.endsWith("/block_documents/filter"))?.body).toMatchObject({
      include_secrets: true,
    });
    const stored = await rows("select id, data, secrets from block_document order by id");
    expect(JSON.stringify(stored)).not.toContain(secret);
    expect(await box.open(String(stored[1]?.[2]), `block_document.secrets:${idOf(45)}`)).toContain(secret);
    expect(await rows("select parent_id, name, child_id from block_document_reference")).toEqual([[idOf(44), "vault", idOf(45)]]);
    expect(await rows("select parent_id, name, child_id from block_schema_reference")).toEqual([[idOf(42), "vault", idOf(43)]]);
    expect(reportLines(result, { isDryRun: false }).join("\n")).not.toContain(secret);
  });

  it("can be repeated, and stores nothing twice", async () => {
    await run();
    const again = await run();
    expect(counts(again, "same")).toEqual(worldCounts);
    expect(
      await rows("select (select count(*) from log), (select count(*) from event), (select count(*) from flow_run_tag)"),
    ).toEqual([[4, 3, 4]]);
    expect(hasDifferences(again)).toBe(false);
  });

  it("leaves what differs here, and says what", async () => {
    await run();
    await app.patch(`/variables/${idOf(50)}`, { value: "mine" });
    const again = await run();
    expect(again.tallies.get("variables")).toMatchObject({ differing: 1, same: 0 });
    expect(hasDifferences(again)).toBe(true);
    expect(reportLines(again, { isDryRun: false }).join("\n")).toContain(`variables: ${idOf(50)} differs in updated, value`);
    expect((await app.get("/variables/name/answer")).body).toMatchObject({ value: "mine" });
  });

  it("lets the object of the same unique name stand for one with another id", async () => {
    const { body: flow } = await app.post("/flows/", { name: "load" });
    const { body: pool } = await app.post("/work_pools/", { name: "big pool", type: "process" });
    const result = await run();
    expect(result.tallies.get("flows")).toMatchObject({ mapped: 1, created: 0 });
    expect(reportLines(result, { isDryRun: false }).join("\n")).toContain(`flows: ${idOf(1)} has the unique name of ${flow.id}`);
    expect((await app.get(`/deployments/${idOf(30)}`)).body).toMatchObject({
      flow_id: flow.id,
      work_queue_id: pool.default_queue_id,
    });
    expect((await app.get(`/flow_runs/${idOf(100)}`)).body).toMatchObject({
      flow_id: flow.id,
      work_queue_id: pool.default_queue_id,
    });
    expect((await app.get("/work_pools/big%20pool/queues/fast")).body).toMatchObject({ id: idOf(12), work_pool_id: pool.id });
  });

  it("writes nothing in a dry run", async () => {
    const result = await run({ isDryRun: true });
    expect(counts(result, "created")).toEqual(worldCounts);
    expect(await rows("select (select count(*) from flow), (select count(*) from event), (select count(*) from log)")).toEqual([
      [0, 0, 0],
    ]);
    expect(existsSync(cursor())).toBe(false);
  });

  it("goes on after it was killed behind a page of each list, with the same result", async () => {
    const killed = new Set<string>();
    for (;;) {
      const outcome = await run({
        onPage: (stage) => {
          if (killed.has(stage)) return;
          killed.add(stage);
          throw new Error("killed");
        },
      }).catch((error: Error) => error);
      if (!(outcome instanceof Error)) {
        const sides = Array.from(outcome.tallies, ([name, { here, source: there }]) => [
          name,
          here.count,
          here.sum === there.sum,
        ]);
        expect(sides).toEqual(expect.arrayContaining(Object.entries(worldCounts).map(([name, count]) => [name, count, true])));
        break;
      }
      expect(outcome.message).toBe("killed");
      const kept = existsSync(cursor()) ? readFileSync(cursor(), "utf8") : "";
      expect(kept).not.toContain(secret);
      if (kept !== "") expect(statSync(cursor()).mode & 0o777).toBe(0o600);
    }
    expect([...killed].sort()).toEqual(stages.map(({ name }) => name).sort());
    const numbers = "select (select count(*) from log), (select count(*) from event), (select count(*) from flow_run)";
    expect(await rows(numbers)).toEqual([[4, 3, 4]]);
    expect(existsSync(cursor())).toBe(false);
  });

  it("tries again where the source is busy, and asks for less where an answer is too large", async () => {
    source.intercept = (path, count) => (path.endsWith("/flows/filter") && count === 1 ? { status: 503, text: "" } : undefined);
    const lists = world();
    const [first] = lists["/logs/filter"] ?? [];
    source.lists["/logs/filter"] = Array.from({ length: 150 }, (_, i) => ({
      ...first,
      id: idOf(5000 + i),
      message: "x".repeat(2000),
    }));
    const result = await run({}, { maximumBytes: 100_000 });
    expect(result.tallies.get("logs")).toMatchObject({ created: 150 });
    expect(result.tallies.get("flows")).toMatchObject({ created: 1 });
    expect(source.requests.every(({ authorization }) => authorization === "Basic dTpw")).toBe(true);
    source.lists["/variables/filter"] = [{ ...world()["/variables/filter"]?.[0], value: "x".repeat(200_000) }];
    await expect(run({}, { maximumBytes: 100_000 })).rejects.toThrow(
      "One object of /variables/filter is larger than is read from a source.",
    );
  });

  it("says in one sentence what is wrong with a source", async () => {
    const answers: [string, number, string, RegExp][] = [
      ["/admin/version", 401, "{}", /refuses the credentials \(401\): give --auth user:password or --api-key KEY\.$/],
      ["/admin/version", 200, '"2.20.1"', /is Prefect 2\.20\.1: an import is from 3\.2 or newer\.$/],
      ["/admin/version", 200, "<html>", /answered something that is no JSON: is this the address of a Prefect API/],
      [
        "/flows/filter",
        200,
        "{}",
        /^The source answered something that is no list of at most 200 objects for \/flows\/filter\.$/,
      ],
      ["/flows/filter", 200, '[{"id":"x"}]', /^The source answered a flows whose member "created" is not as the API says\.$/],
      ["/flows/filter", 500, "", /\/flows\/filter answers 500 \(6 attempts\)\.$/],
      ["/flows/filter", 302, "", /redirects to nowhere: give that server as --from\.$/],
    ];
    for (const [path, status, text, message] of answers) {
      source.intercept = (asked) => (asked.endsWith(path) ? { status, text } : undefined);
      await expect(run()).rejects.toThrow(message);
    }
    await source.close();
    await expect(run()).rejects.toThrow(/cannot be reached \(6 attempts\)\.$/);
  });
});
