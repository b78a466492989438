import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/env.ts";
import { testApp } from "../support/app.ts";

const flow = { name: "made by a web page" };
const credentials = { MILLIWAYS_AUTH_STRING: "arthur:dent" };
const authorization = `Basic ${btoa("arthur:dent")}`;

describe("a server without credentials", () => {
  it.each([
    [{}, 201],
    [{ host: "localhost:4200" }, 201],
    [{ host: "127.0.0.1:4200" }, 201],
    [{ host: "[::1]:4200" }, 201],
    [{ host: "127.0.0.1:4200", origin: "http://localhost:3000" }, 201],
    [{ host: "127.0.0.1:4200", origin: "http://[::1]:8080" }, 201],
    [{ host: "rebound.example.com:4200" }, 403],
    [{ host: "127.0.0.1.example.com" }, 403],
    [{ host: "localhost.example.com" }, 403],
    [{ host: "127.0.0.1:4200", origin: "https://example.com" }, 403],
    [{ host: "127.0.0.1:4200", origin: "http://localhost.example.com" }, 403],
    [{ host: "127.0.0.1:4200", origin: "null" }, 403],
    [{ host: "127.0.0.1:4200", origin: "nonsense" }, 403],
    // A cross-site POST without a content type needs no preflight.
    [{ host: "127.0.0.1:4200", origin: "https://example.com", "content-type": "text/plain" }, 403],
  ])("answers a request with %j with %i", async (headers, status) => {
    const app = await testApp();
    const answer = await app.post("/flows/", flow, headers);
    expect(answer.status).toBe(status);
    expect((await app.post("/flows/count", {})).body).toBe(status === 201 ? 1 : 0);
    if (status === 403) expect(answer.body.detail).toContain("MILLIWAYS_ALLOWED_ORIGINS");
  });

  it("lets a page of this machine read answers, and no other", async () => {
    const app = await testApp();
    const preflight = { "access-control-request-method": "POST" };
    const own = await app.request("OPTIONS", "/flows/", undefined, { origin: "http://localhost:3000", ...preflight });
    expect([own.status, own.headers.get("access-control-allow-origin")]).toEqual([200, "http://localhost:3000"]);
    const other = await app.request("OPTIONS", "/flows/", undefined, { origin: "https://example.com", ...preflight });
    expect([other.status, other.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });

  it("serves the sites that MILLIWAYS_ALLOWED_ORIGINS names, also under their own host", async () => {
    const app = await testApp({ MILLIWAYS_ALLOWED_ORIGINS: "https://prefect.example.com, http://other.example:8080" });
    const status = async (headers: Record<string, string>) => (await app.post("/flows/", flow, headers)).status;
    expect(await status({ host: "prefect.example.com", origin: "https://prefect.example.com" })).toBe(201);
    expect(await status({ host: "127.0.0.1:4200", origin: "http://other.example:8080" })).toBe(200);
    expect(await status({ host: "127.0.0.1:4200", origin: "http://other.example" })).toBe(403);
    expect(await status({ host: "example.com" })).toBe(403);
  });

  it("serves every site where MILLIWAYS_ALLOWED_ORIGINS is *", async () => {
    const app = await testApp({ MILLIWAYS_ALLOWED_ORIGINS: "*" });
    const answer = await app.post("/flows/", flow, { host: "example.com", origin: "https://example.org" });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([201, "*"]);
  });
});

describe("a server with credentials", () => {
  it("lets every site ask, as the reference does", async () => {
    const app = await testApp(credentials);
    const answer = await app.post("/flows/", flow, { host: "prefect.example.com", origin: "https://example.org", authorization });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([201, "*"]);
  });

  it("lets only the sites of MILLIWAYS_ALLOWED_ORIGINS and of the machine itself read answers", async () => {
    const app = await testApp({ ...credentials, MILLIWAYS_ALLOWED_ORIGINS: "https://ui.example.com" });
    const allowed = async (origin: string) => {
      const answer = await app.post("/flows/", flow, { host: "api.example.com", origin, authorization });
      return [answer.status, answer.headers.get("access-control-allow-origin")];
    };
    expect(await allowed("https://ui.example.com")).toEqual([201, "https://ui.example.com"]);
    expect(await allowed("http://localhost:5173")).toEqual([200, "http://localhost:5173"]);
    expect(await allowed("https://example.org")).toEqual([200, null]);
  });
});

it("refuses to start with an origin that is none", () => {
  const env = {
    TURSO_DATABASE_URL: "http://x",
    MILLIWAYS_LOCAL: "1",
    MILLIWAYS_ALLOWED_ORIGINS: "https://a.example, b.example/path",
  };
  expect(() => readConfig(env)).toThrow('MILLIWAYS_ALLOWED_ORIGINS: "b.example/path" is not an origin');
});
