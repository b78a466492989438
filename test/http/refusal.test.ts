import { describe, expect, it } from "vitest";
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { freshDatabase } from "../support/database.ts";

const database = { TURSO_DATABASE_URL: "http://127.0.0.1:9/" };
const secret = "s3cret";

const context: ExecutionContext = Object.assign(Object.create(null), { waitUntil() {}, passThroughOnException() {}, props: {} });

async function ask(env: Env, path = "/api/hello", headers: Record<string, string> = {}) {
  const response = await worker.fetch(new Request(`http://localhost${path}`, { headers }), env, context);
  return { status: response.status, text: await response.text() };
}

describe("a deployed Worker", () => {
  it.each(["/api/hello", "/api/health", "/api/ready", "/ui-settings", "/nothing"])(
    "refuses %s without credentials of its own, and says why",
    async (path) => {
      const { status, text } = await ask(database, path);
      expect([status, JSON.parse(text)]).toEqual([
        503,
        {
          exception_message:
            "Neither MILLIWAYS_AUTH_STRING nor MILLIWAYS_API_KEY is set: a deployed Worker does not serve without credentials.",
        },
      ]);
    },
  );

  it("takes empty settings for none", async () => {
    expect((await ask({ ...database, MILLIWAYS_AUTH_STRING: "", MILLIWAYS_API_KEY: "" })).status).toBe(503);
  });

  it("refuses to run its cron, too", async () => {
    const tick = { cron: "* * * * *", scheduledTime: 0, noRetry() {} };
    await expect(worker.scheduled(tick, database, context)).rejects.toThrow(/does not serve without credentials/);
  });

  it("says what else it lacks, without a secret", async () => {
    const noDatabase = await ask({ MILLIWAYS_API_KEY: secret });
    expect(noDatabase).toEqual({ status: 503, text: expect.stringContaining("TURSO_DATABASE_URL is not set") });
    const badLog = await ask({ ...database, MILLIWAYS_API_KEY: secret, MILLIWAYS_LOG: secret });
    expect(badLog).toEqual({ status: 503, text: expect.stringContaining("MILLIWAYS_LOG must be one of error, warn, info") });
    expect(noDatabase.text + badLog.text).not.toContain(secret);
  });

  it.each([
    [{ MILLIWAYS_API_KEY: secret }, `Bearer ${secret}`],
    [{ MILLIWAYS_AUTH_STRING: `me:${secret}` }, `Basic ${btoa(`me:${secret}`)}`],
  ])("serves with %j", async (settings, authorization) => {
    const env = { ...database, ...settings, MILLIWAYS_LOG: "error" };
    expect((await ask(env)).status).toBe(401);
    expect(await ask(env, "/api/hello", { authorization })).toEqual({ status: 200, text: '"👋"' });
  });

  it("is open only on a person's own machine", async () => {
    const { url: TURSO_DATABASE_URL } = await freshDatabase();
    expect((await ask({ TURSO_DATABASE_URL, MILLIWAYS_LOCAL: "1" })).status).toBe(200);
    expect((await ask({ TURSO_DATABASE_URL, MILLIWAYS_LOCAL: "true" })).status).toBe(503);
    // Without its database it does not know whether there are keys.
    expect((await ask({ ...database, MILLIWAYS_LOCAL: "1", MILLIWAYS_LOG: "error" })).status).toBe(503);
  });
});
