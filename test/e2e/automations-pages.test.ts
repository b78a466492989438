import { join } from "node:path";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiClient, apiClient, dataOf } from "../support/api-client.ts";
import { type Browsing, chromiumPath, startBrowser } from "./support/browser.ts";
import { CLIENTS, type ClientName, clientBin } from "./support/install-clients.ts";
import { select } from "./support/interface-forms.ts";
import { type Server, startServer } from "./support/server.ts";

const list = (api: ApiClient) => dataOf(api.POST("/automations/filter", { body: {} }));

const executable = chromiumPath();
const asInterface = (name: ClientName) => ({ MILLIWAYS_TICK_SECONDS: "2", MILLIWAYS_UI: join(clientBin(name), "python") });

describe.skipIf(executable === undefined)("the automations pages", () => {
  let server: Server;
  let browsing: Browsing;
  let api: ApiClient;

  beforeAll(async () => {
    server = await startServer(asInterface("current"));
    api = apiClient(server.apiUrl);
    browsing = await startBrowser({ site: server.apiUrl.replace(/\/api$/, ""), executable: executable ?? "" });
  });
  afterAll(async () => {
    await browsing?.close();
    await server?.stop();
  });

  it("create one from a template, edit, pause and delete it, and show its events", async () => {
    const page = await browsing.open("/v2/automations/create", "Trigger Template");
    const press = (name: string) => page.getByRole("button", { name }).first().click();
    const choose = (list: Locator, option: string) => select({ page, form: "second", list, option });
    await choose(page.getByRole("combobox").first(), "Flow run state");
    await press("Next");
    await choose(page.getByRole("combobox", { name: "select action" }), "Cancel a flow run");
    await press("Next");
    await page.getByLabel("Automation Name").fill("made by hand");
    await press("Save");
    await page.getByText("1 automation").first().waitFor();
    const [made] = await list(api);
    expect(made).toMatchObject({ name: "made by hand", enabled: true, actions: [{ type: "cancel-flow-run" }] });

    await page.getByRole("switch").first().click();
    await expect.poll(() => list(api)).toMatchObject([{ id: made?.id, enabled: false }]);

    await browsing.open(`/v2/automations/automation/${made?.id}/edit`, "Trigger Template");
    await press("Next");
    await press("Next");
    await page.getByLabel("Automation Name").fill("changed by hand");
    await press("Save");
    await expect.poll(() => list(api)).toMatchObject([{ id: made?.id, name: "changed by hand", enabled: false }]);

    await browsing.open(`/v2/automations/automation/${made?.id}`, "changed by hand");
    await press("Open menu");
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => list(api)).toEqual([]);

    for (const change of ["created", "updated", "deleted"]) await browsing.open("/events", `prefect.automation.${change}`);
    expect(browsing.faults()).toEqual([]);
  });
});

describe.skipIf(executable === undefined).each(["current", "seed"] as const)("the first form's automations pages", (name) => {
  let server: Server;
  let browsing: Browsing;
  let api: ApiClient;
  let id: string;

  beforeAll(async () => {
    server = await startServer(asInterface(name));
    api = apiClient(server.apiUrl);
    const trigger = {
      type: "event" as const,
      posture: "Reactive" as const,
      expect: ["thing.happened"],
      threshold: 3,
      within: 60,
    };
    const body = { name: "watch", trigger, actions: [{ type: "cancel-flow-run" as const }] };
    ({ id } = await dataOf(api.POST("/automations/", { body })));
    browsing = await startBrowser({ site: server.apiUrl.replace(/\/api$/, ""), executable: executable ?? "" });
  });
  afterAll(async () => {
    await browsing?.close();
    await server?.stop();
  });

  it(`of ${CLIENTS[name]} show a list, one, and its form without an error or a failing request`, async () => {
    for (const [path, shown] of [
      ["/automations", "watch"],
      [`/automations/automation/${id}`, "watch"],
      [`/automations/automation/${id}/edit`, "Trigger Template"],
      ["/automations/create", "Trigger Template"],
    ] as const) {
      await browsing.open(path, shown);
      expect(browsing.faults(), path).toEqual([]);
    }
    expect(browsing.asked()).toEqual(expect.arrayContaining(["POST /api/automations/filter", `GET /api/automations/${id}`]));
  });
});
