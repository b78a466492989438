import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client/http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMigrations } from "../../src/local/migrations.ts";
import { emptyDatabase, freshDatabase } from "../support/database.ts";
import { runVerb } from "./launch.ts";

describe("npm run migrate", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "milliways-migrate-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const names = readMigrations().map((migration) => `applied ${migration.name}`);

  it("brings the database of TURSO_DATABASE_URL up to date, and changes nothing the second time", async () => {
    const { url } = await emptyDatabase();
    const migrate = async () => {
      const { status, output } = await runVerb("migrate", { TURSO_DATABASE_URL: url, MILLIWAYS_DATA_DIR: folder });
      // What takes longer than a moment says so first.
      return { status, output: output.replace(/^Applying migrations …\n/, "") };
    };
    expect(await migrate()).toEqual({
      status: 0,
      output: [...names, `${url}: ${names.length} applied, now up to date.`].join("\n"),
    });
    expect(await migrate()).toEqual({ status: 0, output: `${url} is up to date.` });
  });

  it("brings the embedded database up to date, and changes nothing the second time", async () => {
    const first = await runVerb("migrate", { MILLIWAYS_DATA_DIR: folder });
    expect(first).toEqual({ status: 0, output: expect.stringContaining(`${names.length} applied, now up to date.`) });
    const second = await runVerb("migrate", { MILLIWAYS_DATA_DIR: folder });
    expect(second).toEqual({ status: 0, output: expect.stringMatching(/ is up to date\.$/) });
  });

  it("refuses a database that is newer than the code, in one sentence", async () => {
    const { url } = await freshDatabase();
    await createClient({ url }).execute("INSERT INTO schema_migration (version, name, applied) VALUES (9999, '9999_future', 0)");
    const refused = await runVerb("migrate", { TURSO_DATABASE_URL: url });
    expect(refused).toEqual({
      status: 1,
      // A step that takes long says so before.
      output: expect.stringMatching(
        /^(Applying migrations …\n)?The database is newer than this code: it has migration 9999_future.*\.$/,
      ),
    });
  });
});
