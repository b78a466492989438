import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client/http";
import { describe, expect, it } from "vitest";
import { readOptions } from "../../../src/local/import/options.ts";
import { emptyDatabase } from "../../support/database.ts";
import { runVerb } from "../launch.ts";
import { fakeSource } from "./fake-source.ts";
import { secret, world } from "./world.ts";

const from = ["--from", "http://old:4200/api/"];

describe("npm run import", () => {
  it("reads credentials from arguments and from the environment", () => {
    const header = (args: string[], environment: Record<string, string> = {}) =>
      readOptions([...from, ...args], environment).authorization;
    expect(readOptions(from, {})).toMatchObject({ from: "http://old:4200/api", runsFor: null, isDryRun: false });
    expect(header([])).toBeUndefined();
    expect(header(["--auth", "u:p"], { PREFECT_API_KEY: "k" })).toBe("Basic dTpw");
    expect(header(["--api-key", "k"], { PREFECT_API_AUTH_STRING: "u:p" })).toBe("Bearer k");
    expect(header([], { PREFECT_API_AUTH_STRING: "u:p" })).toBe("Basic dTpw");
    expect(header([], { PREFECT_API_KEY: "k" })).toBe("Bearer k");
    expect(readOptions([...from, "--runs", "12h"], {}).runsFor).toBe(43_200_000_000);
  });

  it("says in a sentence what it does not understand", () => {
    const refusals: [string[], RegExp][] = [
      [[], /^npm run import -- --from/],
      [["--form", "x"], /^npm run import -- --from/],
      [["--from", "old:4200"], /^--from must be the address of an API/],
      [["--from", "http://u:p@old:4200/api"], /^--from must not contain credentials/],
      [[...from, "--auth", "u"], /^--auth must be of the form/],
      [[...from, "--auth", "u:p", "--api-key", "k"], /^Give --auth or --api-key/],
      [[...from, "--runs", "forever"], /^--runs must be a time/],
      [[...from, "--runs", "99999d"], /^--runs must be a time/],
    ];
    for (const [args, message] of refusals) expect(() => readOptions(args, {})).toThrow(message);
  });

  it("imports into a remote database, after a dry run that leaves it without tables", async () => {
    const source = await fakeSource(world());
    const folder = mkdtempSync(join(tmpdir(), "milliways-import-"));
    const { url } = await emptyDatabase();
    const client = createClient({ url });
    const settings = { TURSO_DATABASE_URL: url, MILLIWAYS_DATA_DIR: folder };
    const run = (more: Record<string, string>, ...args: string[]) =>
      runVerb("import", { ...settings, ...more }, ["--from", source.url, "--cursor", join(folder, "cursor"), ...args]);
    const key = { MILLIWAYS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64") };
    try {
      const dry = await run(key, "--dry-run", "--runs", "365d");
      expect(dry).toEqual({ status: 0, output: expect.stringContaining("A dry run: nothing was written.") });
      expect((await client.execute("select count(*) as n from sqlite_master")).rows).toMatchObject([{ n: 0 }]);
      const without = await run({});
      expect(without).toEqual({ status: 1, output: expect.stringContaining("set MILLIWAYS_ENCRYPTION_KEY") });
      const made = await run(key);
      expect(made).toEqual({ status: 0, output: expect.stringContaining("Everything of the source is here.") });
      await client.execute("update flow set tags = '[]'");
      const again = await run(key);
      expect(again).toEqual({ status: 1, output: expect.stringMatching(/flows: \S+ differs in tags\n/) });
      for (const { output } of [dry, without, made, again]) expect(output).not.toContain(secret);
    } finally {
      client.close();
      await source.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
