import { describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { keyOf, secretBytes } from "../../src/lib/secret-key.ts";
import { maximumKeys } from "../../src/schemas/api-keys.ts";
import { createApiKey } from "../../src/services/manage-keys.ts";
import { DatabaseUnavailable } from "../../src/store/client.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { admin, basic, bearer, makeKey, password } from "../support/keys.ts";

const newKey = () => keyOf(crypto.getRandomValues(new Uint8Array(secretBytes)));
const quiet = { log: () => undefined };
const closed = (more: Env = {}) => testApp({ MILLIWAYS_AUTH_STRING: password, ...more }, quiet);
const hello = async (app: TestApp, headers: Record<string, string>) => (await app.get("/hello", headers)).status;
const list = async (app: TestApp, body?: object) => (await app.post("/admin/keys/filter", body, admin)).body;
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** Another isolate on the same database. */
const neighbour = (app: TestApp) =>
  testApp({ MILLIWAYS_AUTH_STRING: password, TURSO_DATABASE_URL: app.deps().config.databaseUrl });

/** Counts the statements that look for a key. */
function countLookups(app: TestApp): () => number {
  let count = 0;
  app.wrapDatabase((db) => ({
    ...db,
    execute: (statement) => {
      if (statement.sql.includes("k.hash =")) count++;
      return db.execute(statement);
    },
  }));
  return () => count;
}

describe("an API key", () => {
  it("is shown once, and stored as the hash of 256 random bits", async () => {
    const app = await closed();
    const { body, headers } = await app.post("/admin/keys/", { name: "ci", role: "worker" }, admin);
    expect(body).toEqual({
      id: expect.any(String),
      created: expect.any(String),
      name: "ci",
      role: "worker",
      prefix: body.key.slice(0, 9),
      expires: null,
      last_used: null,
      created_by: null,
      revoked: null,
      key: expect.stringMatching(/^mw_[A-Za-z0-9_-]{43}$/),
    });
    expect(headers.get("cache-control")).toBe("no-store");
    const { key, ...shown } = body;
    expect(await list(app)).toEqual([shown]);
    const { rows } = await app.deps().db.execute({ sql: "select * from api_key", args: [] });
    expect(JSON.stringify(rows)).not.toContain(key.slice(9));
    expect((await makeKey(app, "viewer")).key).not.toBe(key);
  });

  it("enters as Bearer, and as Basic behind its name", async () => {
    const app = await closed();
    const { key } = await makeKey(app, "viewer", { name: "the ui" });
    expect(await hello(app, bearer(key))).toBe(200);
    expect(await hello(app, basic(`the ui:${key}`))).toBe(200);
    for (const headers of [
      basic(`another:${key}`),
      basic(`:${key}`),
      bearer(`${key} x`),
      bearer(key.slice(0, -1)),
      bearer(`${key}A`),
      bearer(key.toLowerCase()),
      { authorization: key },
      {},
    ])
      expect([headers, await hello(app, headers)]).toEqual([headers, 401]);
  });

  it("leaves the configured credentials what they were", async () => {
    const app = await closed({ MILLIWAYS_API_KEY: "token" });
    await makeKey(app, "viewer");
    for (const headers of [admin, bearer("token")]) expect((await app.post("/admin/keys/filter", {}, headers)).status).toBe(200);
  });

  it("is who a run and a deployment were created by", async () => {
    const app = await closed();
    const { id, headers } = await makeKey(app, "developer", { name: "ci" });
    const by = { id, type: "API_KEY", display_value: "ci" };
    const flow_id = (await app.post("/flows/", { name: "f" }, headers)).body.id;
    const run = await app.post("/flow_runs/", { flow_id }, headers);
    const deployment = await app.post("/deployments/", { name: "d", flow_id }, headers);
    expect([run.body.created_by, deployment.body.created_by, deployment.body.updated_by]).toEqual([by, by, by]);
    const owner = await makeKey(app, "owner", { name: "boss" });
    const path = `/deployments/${deployment.body.id}`;
    expect((await app.patch(path, { description: "x" }, owner.headers)).status).toBe(204);
    const changed = (await app.get(path, headers)).body;
    expect([changed.created_by, changed.updated_by]).toEqual([by, { id: owner.id, type: "API_KEY", display_value: "boss" }]);
    const made = await app.post("/admin/keys/", { name: "by key", role: "viewer" }, owner.headers);
    expect(made.body.created_by).toEqual({ id: owner.id, type: "API_KEY", display_value: "boss" });
  });

  it.each([
    ["no name", { role: "viewer" }],
    ["an empty name", { name: "", role: "viewer" }],
    ["a name with a colon", { name: "a:b", role: "viewer" }],
    ["a long name", { name: "x".repeat(101), role: "viewer" }],
    ["a name of several lines", { name: "a\nb", role: "viewer" }],
    ["an unknown role", { name: "a", role: "admin" }],
    ["no role", { name: "a" }],
    ["a past expiry", { name: "a", role: "viewer", expires: "2020-01-01T00:00:00Z" }],
    ["an unknown member", { name: "a", role: "viewer", key: "mine" }],
  ])("is refused with %s", async (_, body) => {
    const app = await closed();
    expect((await app.post("/admin/keys/", body, admin)).status).toBe(422);
    expect(await list(app)).toEqual([]);
  });

  it("is one of a thousand at most; revoked and expired ones make room", async () => {
    const app = await closed();
    const { db } = app.deps();
    await db.execute({
      sql: `insert into api_key (id, created, name, role, hash, prefix) select printf('00000000-0000-4000-8000-%012d', value), value, 'n', 'viewer', 'h' || value, 'p'
        from generate_series(1, ?)`,
      args: [maximumKeys],
    });
    const refused = await app.post("/admin/keys/", { name: "one more", role: "viewer" }, admin);
    expect([refused.status, refused.body]).toEqual([422, { detail: "There are 1000 keys: revoke some of them first." }]);
    await db.execute({ sql: "update api_key set revoked = 1 where created = 7", args: [] });
    await db.execute({ sql: "update api_key set expires = 1 where created = 8", args: [] });
    await makeKey(app, "viewer");
    const { rows } = await db.execute({ sql: "select count(*), sum(created in (7, 8)) from api_key", args: [] });
    expect(Array.from(rows[0] ?? [])).toEqual([maximumKeys - 1, 0]);
    expect((await list(app)).length).toBe(200);
    expect((await list(app, { limit: 200, offset: 900 })).length).toBe(99);
  });
});

describe("a key that this isolate has verified", () => {
  it("costs no round trip for a minute, so that a read costs one", async () => {
    const app = await closed();
    const { headers } = await makeKey(app, "viewer");
    const lookups = countLookups(app);
    const first = await app.post("/flows/filter", {}, headers);
    await app.settled();
    const second = await app.post("/flows/filter", {}, headers);
    expect([first.status, second.status, second.roundTrips, lookups()]).toEqual([200, 200, 1, 1]);
  });

  it("is asked for again after a minute, and its last use is written at most once in it", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const app = await closed();
      const { headers } = await makeKey(app, "viewer");
      const lookups = countLookups(app);
      const lastUse = async () => (await list(app))[0].last_used;
      const use = async () => {
        expect(await hello(app, headers)).toBe(200);
        await app.settled();
      };
      await use();
      const first = await lastUse();
      expect(Date.parse(first)).toBeCloseTo(Date.now(), -4);
      for (let i = 0; i < 9; i++) {
        vi.setSystemTime(Date.now() + 5_000);
        await use();
      }
      expect([lookups(), await lastUse()]).toEqual([1, first]);
      vi.setSystemTime(Date.now() + 30_000);
      await use();
      expect(lookups()).toBe(2);
      expect(Date.parse(await lastUse())).toBeGreaterThan(Date.parse(first));
    } finally {
      vi.useRealTimers();
    }
  });

  it("is looked up again by one request, while the others go on with what is known", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const app = await closed();
      const { headers } = await makeKey(app, "viewer");
      expect(await hello(app, headers)).toBe(200);
      const lookups = countLookups(app);
      vi.setSystemTime(Date.now() + 56_000);
      const statuses = await Promise.all(Array.from({ length: 50 }, () => hello(app, headers)));
      expect([new Set(statuses), lookups()]).toEqual([new Set([200]), 1]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("never passes once it has expired, not from memory either", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const app = await closed();
      const { headers } = await makeKey(app, "viewer", { expires: new Date(Date.now() + 20_000).toISOString() });
      expect(await hello(app, headers)).toBe(200);
      vi.setSystemTime(Date.now() + 21_000);
      expect(await hello(app, headers)).toBe(401);
      expect(await hello(await neighbour(app), headers)).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });

  it("ends at once where it is revoked, and within a minute elsewhere", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const app = await closed();
      const { id, headers } = await makeKey(app, "viewer", { expires: inAnHour() });
      const other = await neighbour(app);
      expect([await hello(app, headers), await hello(other, headers)]).toEqual([200, 200]);
      expect((await app.delete(`/admin/keys/${id}`, admin)).status).toBe(204);
      expect([await hello(app, headers), await hello(other, headers)]).toEqual([401, 200]);
      vi.setSystemTime(Date.now() + 60_001);
      expect(await hello(other, headers)).toBe(401);
      expect((await list(app))[0].revoked).not.toBeNull();
      const [{ revoked }] = await list(app);
      expect((await app.delete(`/admin/keys/${id}`, admin)).status, "again").toBe(204);
      expect((await list(app))[0].revoked).toBe(revoked);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not remembered by a lookup that a revocation overtook", async () => {
    const app = await closed();
    const { id, headers } = await makeKey(app, "viewer");
    const found = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    app.wrapDatabase((db) => ({
      ...db,
      execute: async (statement) => {
        const result = await db.execute(statement);
        if (!statement.sql.includes("k.hash =")) return result;
        found.resolve();
        await goOn.promise;
        return result;
      },
    }));
    const early = hello(app, headers);
    await found.promise;
    app.wrapDatabase((db) => db);
    expect((await app.delete(`/admin/keys/${id}`, admin)).status).toBe(204);
    goOn.resolve();
    // The request had begun before the revocation: it may pass, and none after it does.
    expect(await early).toBe(200);
    expect(await hello(app, headers)).toBe(401);
  });

  it("is forgotten when the answer of its revocation is lost", async () => {
    const app = await closed();
    const { id, headers } = await makeKey(app, "viewer");
    expect(await hello(app, headers)).toBe(200);
    app.wrapDatabase((db) => ({
      ...db,
      write: async (statements) => {
        await db.write(statements);
        throw new DatabaseUnavailable("the answer is lost");
      },
    }));
    expect((await app.delete(`/admin/keys/${id}`, admin)).status).toBe(503);
    app.wrapDatabase((db) => db);
    expect(await hello(app, headers)).toBe(401);
  });
});

describe("a wrong key", () => {
  it("is not looked up where it has not a key's form, however long", async () => {
    const app = await closed();
    const lookups = countLookups(app);
    for (const text of [
      "",
      "x",
      "mw_",
      `mw_${"a".repeat(42)}`,
      `mw_${"a".repeat(44)}`,
      `mw_${"a".repeat(100_000)}`,
      "a".repeat(100_000),
    ])
      expect(await hello(app, bearer(text))).toBe(401);
    expect(lookups()).toBe(0);
  });

  it("is looked up once", async () => {
    const app = await closed();
    const lookups = countLookups(app);
    const key = newKey();
    for (let i = 0; i < 20; i++) expect(await hello(app, bearer(key))).toBe(401);
    expect(lookups()).toBe(1);
  });

  it("is found by an index", async () => {
    const { db } = (await closed()).deps();
    const { rows } = await db.execute({
      sql: "explain query plan select id from api_key k where k.hash = 'x' and k.revoked is null",
      args: [],
    });
    expect(String(rows[0]?.[3])).toContain("SEARCH k USING INDEX uq_api_key__hash");
  });

  it("by the thousand neither asks the database for each, nor makes an isolate forget a good one", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const app = await closed();
      const { headers } = await makeKey(app, "viewer");
      expect(await hello(app, headers)).toBe(200);
      const lookups = countLookups(app);
      const statuses = new Map<number, number>();
      for (let i = 0; i < 2000; i++) {
        const status = await hello(app, bearer(newKey()));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      expect(statuses).toEqual(
        new Map([
          [401, 200],
          [503, 1800],
        ]),
      );
      expect(lookups()).toBe(200);
      expect(await hello(app, headers)).toBe(200);
      expect(lookups(), "still from memory").toBe(200);
      // The good key's memory is over, and it is looked up although no lookup of unknown keys is left.
      vi.setSystemTime(Date.now() + 61_000);
      for (let i = 0; i < 300; i++) await hello(app, bearer(newKey()));
      expect([await hello(app, headers), lookups()]).toEqual([200, 401]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a server without configured credentials", () => {
  const open = (app?: TestApp) =>
    testApp(app === undefined ? {} : { TURSO_DATABASE_URL: app.deps().config.databaseUrl }, {}, { knowsKeys: false });

  /** As `npm run keys` creates it. */
  const firstKey = async (app: TestApp) => {
    const made = await createApiKey(app.deps(), { name: "first", role: "owner", expires: null });
    if (made.kind !== "created") throw new Error(made.kind);
    return { id: made.row.id, key: made.key };
  };

  it("lets nobody close it over HTTP", async () => {
    const app = await open();
    const { status, body } = await app.post("/admin/keys/", { name: "first", role: "owner" });
    expect([status, body.detail]).toEqual([403, expect.stringContaining("npm run keys")]);
    expect(await hello(app, {})).toBe(200);
    expect((await app.post("/admin/keys/filter", {})).body).toEqual([]);
  });

  it("is open until its first key is created, also for other isolates within a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const app = await open();
      const other = await open(app);
      expect([await hello(app, {}), await hello(other, bearer("whatever"))]).toEqual([200, 200]);
      const body = await firstKey(app);
      expect([await hello(app, {}), await hello(app, bearer(body.key)), await hello(other, {})]).toEqual([401, 200, 200]);
      vi.setSystemTime(Date.now() + 60_001);
      expect([await hello(other, {}), await hello(other, bearer(body.key))]).toEqual([401, 200]);
      expect((await app.get("/health")).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  it("stays closed when its only key is revoked or has expired", async () => {
    const app = await open();
    const body = await firstKey(app);
    await app.delete(`/admin/keys/${body.id}`, bearer(body.key));
    expect(await hello(app, {})).toBe(401);
    expect(await hello(await open(app), {})).toBe(401);
    expect(await hello(await open(app), bearer(body.key))).toBe(401);
  });

  it("does not open when a key is created while an isolate asks whether there are any", async () => {
    const app = await open();
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    app.wrapDatabase((db) => ({
      ...db,
      execute: async (statement) => {
        const result = await db.execute(statement);
        if (!statement.sql.includes("exists (select 1 from api_key)")) return result;
        asked.resolve();
        await goOn.promise;
        return result;
      },
    }));
    const early = hello(app, {});
    await asked.promise;
    app.wrapDatabase((db) => db);
    const body = await firstKey(app);
    goOn.resolve();
    expect([await early, await hello(app, {}), await hello(app, bearer(body.key))]).toEqual([200, 401, 200]);
  });

  it("answers 503 while the database cannot say whether there are keys", async () => {
    const app = await testApp({}, quiet, { knowsKeys: false });
    app.wrapDatabase((db) => ({ ...db, execute: () => Promise.reject(new DatabaseUnavailable("gone")) }));
    expect((await app.get("/hello")).status).toBe(503);
  });
});

describe("what is logged of keys", () => {
  it("has none of them, not where they are refused either", async () => {
    const lines: unknown[] = [];
    const log = (_level: string, fields: unknown) => void lines.push(fields);
    const app = await testApp({ MILLIWAYS_AUTH_STRING: password, MILLIWAYS_LOG: "info" }, { log });
    const { key, headers } = await makeKey(app, "viewer");
    const wrong = newKey();
    const answers = [
      await app.post("/flows/filter", {}, headers),
      await app.post("/variables/", { name: "x" }, headers),
      await app.get("/hello", bearer(wrong)),
      await app.post("/admin/keys/", { name: "x", role: "viewer", key }, admin),
    ];
    const seen = JSON.stringify([lines, answers.map(({ text, headers: sent }) => [text, [...sent]])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 401, 422]);
    expect(lines.length).toBeGreaterThanOrEqual(answers.length);
    for (const secret of [key, wrong]) expect(seen).not.toContain(secret.slice(9));
  });
});
