import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiClient, dataOf } from "../support/api-client.ts";
import { type Browsing, chromiumPath, startBrowser } from "./support/browser.ts";
import { type Server, startServer } from "./support/server.ts";

const executable = chromiumPath();

describe.skipIf(executable === undefined)("a server without an interface, in a browser", () => {
  let server: Server;
  let browsing: Browsing;

  beforeAll(async () => {
    server = await startServer({ MILLIWAYS_UI: "off" });
    const api = apiClient(server.apiUrl);
    for (const name of ["one", "two", "three"]) await dataOf(api.POST("/flows/", { body: { name } }));
    browsing = await startBrowser({ site: server.apiUrl.replace(/\/api$/, ""), executable: executable ?? "" });
  });
  afterAll(async () => {
    await browsing?.close();
    await server?.stop();
  });

  it("says at its root that it runs, what there is, and how to point a client at it", async () => {
    const page = await browsing.open("/", "running");
    await expect.poll(() => page.locator("#flows").textContent()).toBe("3");
    await expect.poll(() => page.locator("#runs").textContent()).toBe("0");
    expect(await page.locator("#api").textContent()).toBe(server.apiUrl);
    expect(browsing.faults()).toEqual([]);
  });

  it.each(["/docs", "/api/docs"])("shows the API's description at %s", async (path) => {
    // The groups further down are made when they are scrolled to.
    await browsing.open(path, "Read Version");
    expect(browsing.faults()).toEqual([]);
  });
});
