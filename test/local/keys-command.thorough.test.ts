import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client/http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testApp } from "../support/app.ts";
import { emptyDatabase } from "../support/database.ts";
import { bearer } from "../support/keys.ts";
import { runVerb } from "./launch.ts";

const keyOf = (output: string): string => /^mw_[A-Za-z0-9_-]{43}$/m.exec(output)?.[0] ?? "";
const idOf = (output: string): string => /has the id ([0-9a-f-]{36})/.exec(output)?.[1] ?? "";

describe("npm run keys", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "milliways-keys-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const run = (args: string[], settings: Record<string, string> = { MILLIWAYS_DATA_DIR: folder }) =>
    runVerb("keys", settings, args);

  it("creates a key of a data folder that no server uses, and lists it without its text", async () => {
    const made = await run(["create", "--role", "owner", "--name", "me"]);
    expect(made).toEqual({ status: 0, output: expect.stringContaining("This is the first key: a server without") });
    const { output } = await run(["list"]);
    expect(output.split("\n").map((line) => line.split(/\s{2,}/).slice(0, 4))).toEqual([
      ["id", "name", "role", "key"],
      [idOf(made.output), "me", "owner", `${keyOf(made.output).slice(0, 9)}…`],
    ]);
  });

  it("creates, lists, revokes and deletes keys of a remote database, whose server lets them in", async () => {
    const app = await testApp({}, {}, { knowsKeys: false });
    const remote = { TURSO_DATABASE_URL: app.deps().config.databaseUrl };
    const first = await run(["create", "--role", "viewer", "--name", "a b", "--expires", "1h"], remote);
    expect(first.output).toMatch(/The key a b \(viewer, until \d{4}-/);
    expect((await app.post("/flows/filter", {}, bearer(keyOf(first.output)))).status).toBe(200);
    expect((await app.get("/hello")).status).toBe(401);
    const second = await run(["create", "--role", "worker", "--name", "ci"], remote);
    expect(second.output).not.toContain("first key");
    expect(await run(["revoke", idOf(first.output)], remote)).toMatchObject({ status: 0 });
    const { output } = await run(["list"], remote);
    expect(output).toContain(idOf(second.output));
    expect(output).not.toContain(keyOf(second.output));
    const client = createClient({ url: remote.TURSO_DATABASE_URL });
    const revoked = "select name, revoked is not null as revoked from api_key order by created";
    expect((await client.execute(revoked)).rows).toMatchObject([
      { name: "a b", revoked: 1 },
      { name: "ci", revoked: 0 },
    ]);
    const told = "select operation, principal, object_name from audit where principal_type = 'COMMAND_LINE' order by position";
    expect((await client.execute(told)).rows).toMatchObject([
      { operation: "POST /admin/keys/", principal: "command line", object_name: "a b" },
      { operation: "POST /admin/keys/", principal: "command line", object_name: "ci" },
      { operation: "DELETE /admin/keys/{id}", principal: "command line", object_name: null },
    ]);
    client.close();
    expect(await run(["reset"], remote)).toEqual({ status: 0, output: expect.stringMatching(/^2 keys were deleted/) });
    expect((await run(["list"], remote)).output.split("\n")).toHaveLength(1);
  });

  it("says in a sentence what it lacks", async () => {
    const { url } = await emptyDatabase();
    const refusals: [string[], RegExp][] = [
      [["list"], /^The database has no table of keys yet, or none of the audit: run `npm run migrate` first\.$/],
      [[], /^npm run keys -- create/],
      [["create", "--role", "admin", "--name", "x"], /^--role must be one of viewer, runner, worker, developer, owner\.$/],
      [["create", "--role", "viewer"], /^--name must be/],
      [["create", "--role", "viewer", "--name", "a:b"], /^--name must be/],
      [["create", "--role", "viewer", "--name", "a", "--expires", "2020-01-01"], /^--expires must be/],
      [["create", "--role", "viewer", "--name", "a", "--expires", "soon"], /^--expires must be/],
      [["list", "--role", "viewer"], /^npm run keys -- create/],
      [["revoke"], /^npm run keys -- create/],
      [["create", "--key", "mine"], /^npm run keys -- create/],
    ];
    for (const [args, output] of refusals)
      expect([args, await run(args, { TURSO_DATABASE_URL: url })]).toEqual([
        args,
        { status: 1, output: expect.stringMatching(output) },
      ]);
  });
});
