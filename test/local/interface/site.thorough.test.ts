import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeApi } from "../../../src/local/description/index.ts";
import { type Form, readPackage } from "../../../src/local/interface/find.ts";
import { prepareSite } from "../../../src/local/interface/site.ts";
import { freePorts } from "../../../src/local/processes.ts";
import { bundleWorker, readWorkerConfig } from "../../../src/local/worker-bundle.ts";
import { startWorkerHost } from "../../../src/local/worker-host.ts";
import { freshDatabase } from "../../support/database.ts";
import { PLACEHOLDER, writePackage } from "./packages.ts";

type Answer = { status: number; headers: Record<string, unknown>; body: string };
type Ask = (path: string, options?: { method?: string; headers?: Record<string, string> }) => Promise<Answer>;

const endings: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

let root: string;
let bundle: string;
let description: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "milliways-site-"));
  endings.push(() => rmSync(root, { recursive: true }));
  bundle = join(root, "worker.mjs");
  description = await describeApi(root);
  await bundleWorker(readWorkerConfig().main, bundle);
});

type ServeOptions = { forms: Form[]; prefers?: Form; base?: string; bindings?: Record<string, string> };

/** Serves an interface with these forms as `npm start` does; paths are sent as they are written. */
async function serve({ forms, prefers, base = "", bindings = {} }: ServeOptions): Promise<Ask> {
  const folder = mkdtempSync(join(root, "host-"));
  const installed = join(folder, "prefect");
  writePackage(installed, { version: "3.9.1", forms, ...(prefers && { prefers }) });
  const site = prepareSite({ into: join(folder, "site"), found: readPackage(installed), base, description });
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "worker.mjs"), readFileSync(bundle));
  const [port = 0, controlPort = 0] = await freePorts(2);
  const { url } = await freshDatabase();
  const host = await startWorkerHost({
    folder,
    config: readWorkerConfig(),
    host: "127.0.0.1",
    port,
    controlPort,
    site,
    bindings: { TURSO_DATABASE_URL: url, MILLIWAYS_LOCAL: "1", ...bindings },
  });
  endings.push(host.stop);
  return (path, { method = "GET", headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const sent = request({ port, host: "127.0.0.1", path, method, headers }, async (response) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }),
      );
      sent.once("error", reject).end();
    });
}

const navigation = { headers: { "sec-fetch-mode": "navigate" } };
const choosing = (form: string) => ({ headers: { accept: "text/html", cookie: `other=1; prefect_ui_version=${form}` } });

describe("an interface of two forms", () => {
  let ask: Ask;
  beforeAll(async () => {
    ask = await serve({ forms: ["v1", "v2"], prefers: "v2" });
  });

  it("has the first at the root and the second at /v2, with their own index for paths that only scripts know", async () => {
    for (const path of ["/runs", "/runs/flow-run/0194", "/runs?state=Failed", "/v2x"])
      expect(await ask(path, navigation), path).toMatchObject({ status: 200, body: expect.stringContaining("v1 of 3.9.1") });
    for (const path of ["/v2", "/v2/", "/v2/runs", "/v2/runs/flow-run/0194"])
      expect(await ask(path, navigation), path).toMatchObject({ status: 200, body: expect.stringContaining("v2 of 3.9.1") });
  });

  it("redirects a navigation from the root alone to the form that the version or the browser's cookie prefers", async () => {
    expect(await ask("/?a=1", navigation)).toMatchObject({ status: 307, headers: { location: "/v2/?a=1" } });
    expect(await ask("/", choosing("v2"))).toMatchObject({ status: 307, headers: { location: "/v2/" } });
    expect(await ask("/", choosing("v1"))).toMatchObject({ status: 200, body: expect.stringContaining("v1 of") });
    expect(await ask("/", choosing("v3"))).toMatchObject({ status: 307 });
    expect(await ask("/v2/runs", choosing("v1"))).toMatchObject({ status: 200, body: expect.stringContaining("v2 of") });
    expect(await ask("/")).toMatchObject({ status: 200, body: expect.stringContaining("v1 of") });
  });

  it("has the base path in pages, scripts and styles, and every other byte as it was", async () => {
    const all = await Promise.all(["/runs", "/assets/index-1.js", "/assets/index-1.css"].map((path) => ask(path)));
    expect(all.map(({ body }) => body).join()).not.toContain(PLACEHOLDER);
    expect((await ask("/assets/index-1.js")).body).toBe('export const base = "/";');
    expect((await ask("/v2/assets/index-1.js")).body).toBe('export const base = "/v2/";');
    expect(Buffer.from((await ask("/v2/assets/index-1.css")).body).toString()).toBe("a{background:url(/v2/ico/a.png)}");
    const picture = await ask("/ico/a.png");
    expect(picture).toMatchObject({ status: 200, headers: { "content-type": "image/png" } });
    expect(picture.body).toBe(Buffer.from([0x89, 0x50, 0xff, 0xfe, 0x00]).toString());
  });

  it("has the pictures that the second form asks for at the root, and no page or file of the first one replaced by it", async () => {
    const picture = { status: 200, headers: { "content-type": "image/svg+xml" }, body: "<svg/>" };
    expect(await ask("/completed.svg")).toMatchObject(picture);
    expect(await ask("/v2/completed.svg")).toMatchObject(picture);
    expect((await ask("/robots.txt")).body).toBe("v1");
    expect((await ask("/v2/robots.txt")).body).toBe("v2");
    expect((await ask("/index.html")).body).toContain("v1 of");
  });

  it("says what each file is, and how long a browser may keep it", async () => {
    const page = await ask("/v2/runs");
    expect(page.headers).toMatchObject({ "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" });
    const { etag } = page.headers;
    expect(await ask("/v2/runs", { headers: { "if-none-match": String(etag) } })).toMatchObject({ status: 304, body: "" });
    expect((await ask("/assets/index-1.js")).headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
    });
    expect((await ask("/assets/index-1.css")).headers["content-type"]).toBe("text/css; charset=utf-8");
    expect(await ask("/v2/runs", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  it("answers 404 for a file that is missing, and for other methods", async () => {
    for (const path of ["/assets/none.js", "/v2/assets/none.css", "/none.png"]) expect((await ask(path)).status, path).toBe(404);
    expect((await ask("/runs", { method: "POST" })).status).toBe(404);
  });

  it.each([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/../../secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "/v2/..%2f..%2fsecret.txt",
    "//secret.txt",
    "/.hidden",
    "/v2/.hidden",
    "/.site.json",
    "/_headers",
    "/.assetsignore",
    "/assets",
    "/assets/",
  ])("leads nowhere else by %s", async (path) => {
    const { body } = await ask(path);
    expect(body).not.toMatch(/secret|not for readers|"tags"|Cache-Control|index-1\.css|assetsignore/);
    expect(body === '{"detail":"Not Found"}' || body.includes("of 3.9.1"), body).toBe(true);
  });

  it("leaves the API as it is", async () => {
    expect(await ask("/api/health", navigation)).toMatchObject({ status: 200, body: "true" });
    expect(await ask("/api/nothing", navigation)).toMatchObject({ status: 404, body: '{"detail":"Not Found"}' });
  });

  it("is described by /ui-settings", async () => {
    const { headers, body } = await ask("/ui-settings", { headers: { host: "localhost:4200" } });
    expect(headers["content-type"]).toMatch(/^application\/json/);
    expect(JSON.parse(body)).toEqual({
      api_url: "http://localhost:4200/api",
      csrf_enabled: false,
      auth: null,
      flags: [],
      default_ui: "v2",
      available_uis: ["v1", "v2"],
      v1_base_url: "/",
      v2_base_url: "/v2",
    });
  });
});

describe("an interface of one form", () => {
  it("is where a navigation to the other form goes, never to another host", async () => {
    const ask = await serve({ forms: ["v1"] });
    expect(await ask("/", navigation)).toMatchObject({ status: 200, body: expect.stringContaining("v1 of") });
    expect(await ask("/v2/runs?a=1", navigation)).toMatchObject({ status: 307, headers: { location: "/runs?a=1" } });
    expect(await ask("/v2", navigation)).toMatchObject({ status: 307, headers: { location: "/" } });
    for (const path of ["/v2//host.example/a", "/v2/\\host.example/a", "/v2///host.example/a"])
      expect((await ask(path, navigation)).headers.location, path).toBe("/host.example/a");
    expect(JSON.parse((await ask("/ui-settings")).body)).toMatchObject({ default_ui: "v1", v1_base_url: "/", v2_base_url: null });
  });

  it("goes below a path", async () => {
    const ask = await serve({ forms: ["v1", "v2"], prefers: "v2", base: "/prefect" });
    expect(await ask("/prefect/", navigation)).toMatchObject({ status: 307, headers: { location: "/prefect/v2/" } });
    expect((await ask("/prefect/assets/index-1.js")).body).toBe('export const base = "/prefect/";');
    expect((await ask("/prefect/v2/assets/index-1.js")).body).toBe('export const base = "/prefect/v2/";');
    const settings = JSON.parse((await ask("/prefect/ui-settings")).body);
    expect(settings).toMatchObject({ v1_base_url: "/prefect", v2_base_url: "/prefect/v2" });
    expect((await ask("/runs", navigation)).status).toBe(404);
  });
});

describe("without an interface", () => {
  let ask: Ask;
  beforeAll(async () => {
    ask = await serve({ forms: [] });
  });

  it("the root is a page of our own, without anything from elsewhere, that says how to get the interface", async () => {
    const { status, body, headers } = await ask("/", navigation);
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    for (const word of ["npm run ui", "PREFECT_API_URL", "Flow runs", "API version"]) expect(body).toContain(word);
    expect(body.match(/(?:src|href)="[^"]*"/g)).toEqual(['href="data:,"', 'href="docs"', 'href="openapi.json"']);
    expect((await ask("/runs", navigation)).status).toBe(404);
  });

  it("nothing is available by /ui-settings", async () => {
    const settings = JSON.parse((await ask("/ui-settings")).body);
    expect(settings).toMatchObject({ available_uis: [], v1_base_url: null, v2_base_url: null });
  });

  it("the API is described at the root, by swagger-ui from here", async () => {
    for (const path of ["/openapi.json", "/api/openapi.json"])
      expect(JSON.parse((await ask(path)).body), path).toMatchObject({
        openapi: "3.1.0",
        paths: { "/flows/": expect.anything() },
      });
    expect(await ask("/redoc")).toMatchObject({ status: 307, headers: { location: "docs" } });
    for (const path of ["/docs", "/api/docs"]) {
      const { body } = await ask(path);
      const files = [...body.matchAll(/(?:src|href)="([^"]*swagger[^"]*)"/g)].map(([, file = ""]) => file);
      expect(files.length).toBe(2);
      for (const file of files) {
        const { pathname } = new URL(file, `http://server${path}`);
        expect((await ask(pathname)).status, pathname).toBe(200);
      }
    }
  });
});

describe("a server with credentials", () => {
  it("shows the interface, which asks for them, and its description only with them", async () => {
    const password = "me:a secret";
    const ask = await serve({ forms: ["v1"], bindings: { MILLIWAYS_AUTH_STRING: password } });
    expect((await ask("/", navigation)).status).toBe(200);
    expect(JSON.parse((await ask("/ui-settings")).body).auth).toBe("BASIC");
    const authorization = `Basic ${btoa(password)}`;
    for (const path of ["/docs", "/openapi.json"]) {
      const refused = await ask(path);
      expect(refused).toMatchObject({ status: 401, headers: { "www-authenticate": 'Basic realm="Milliways"' } });
      expect(refused.body).toBe('{"exception_message":"Unauthorized"}');
      expect((await ask(path, { headers: { authorization } })).status).toBe(200);
    }
    expect((await ask("/api/openapi.json")).headers["www-authenticate"]).toBeUndefined();
  });
});

describe("prepared files", () => {
  it("are kept for the same version, written anew for another one, and never half written", () => {
    const folder = mkdtempSync(join(root, "prepared-"));
    const installed = join(folder, "prefect");
    const into = join(folder, "site");
    const prepare = (version: string, base = "", description = "{}") => {
      writePackage(installed, { version, forms: ["v1"] });
      return prepareSite({ into, found: readPackage(installed), base, description });
    };
    prepare("3.9.1");
    writeFileSync(join(into, "mark"), "");
    prepare("3.9.1");
    expect(existsSync(join(into, "mark"))).toBe(true);
    expect(prepare("3.9.2").folder).toBe(into);
    expect(existsSync(join(into, "mark"))).toBe(false);
    expect(readFileSync(join(into, "index.html"), "utf8")).toContain("v1 of 3.9.2");
    expect(Object.keys(prepare("3.9.2", "/below").tags)).toContain("/below/index.html");
    expect(existsSync(`${into}.new`)).toBe(false);
    prepare("3.9.2", "/below", '{"paths":{}}');
    expect(readFileSync(join(into, "openapi.json"), "utf8")).toBe('{"paths":{}}');
  });
});
