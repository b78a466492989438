import type { Page } from "playwright-core";
import { expect } from "vitest";
import { dataOf, done } from "../../support/api-client.ts";
import { eventually } from "../support/client.ts";
import { choose, confirm, type Form, openPage, pick, press, select, shown } from "../support/interface-forms.ts";
import type { InterfaceWorld } from "../support/interface-world.ts";

/** Shows the events of a run, and only those of a type that is chosen. */
export async function filtersEvents(world: InterfaceWorld, form: Form): Promise<void> {
  const page = await openFeed(world, form, /^prefect\.flow-run\.Completed$/);
  if (form === "first") await pick(page, page.getByRole("button", { name: "Events" }), "prefect.flow-run.Failed");
  else {
    await press(page, "Filter by event type");
    await page
      .getByRole("option", { name: "prefect.flow-run.Failed" })
      .or(page.getByRole("menuitem", { name: "prefect.flow-run.Failed" }))
      .first()
      .click();
  }
  // The list of types stays open, and would be counted with the events.
  await page.keyboard.press("Escape");
  await shown(page, /broken-1/);
  const others = page
    .locator("li")
    .getByText(/^prefect\.(flow-run\.Completed|task-run\..*)$/)
    .filter({ visible: true });
  await expect.poll(() => others.count(), { timeout: 120_000 }).toBe(0);
}

/** Opens the feed again and again until it shows a text: the second form shows what happened before the minute in which it is opened. */
async function openFeed({ browsing }: InterfaceWorld, form: Form, text: string | RegExp): Promise<Page> {
  const count = async () => {
    const page = await openPage(browsing, form, "/events", "Event Feed");
    return page.getByText(text).filter({ visible: true }).count();
  };
  await eventually(count, (found) => found > 0);
  return browsing.page;
}

/** Creates an automation from a template, sees it fire, edits it, pauses it and deletes it. */
export async function automates(world: InterfaceWorld, form: Form): Promise<void> {
  const { api, browsing } = world;
  const name = `resume-${form}`;
  const read = async () => (await dataOf(api.client.POST("/automations/filter", { body: {} }))).find((one) => one.name === name);
  const page = await openPage(browsing, form, "/automations/create", /^Trigger Template$/);
  await select({ page, form, list: page.getByLabel("Trigger Template"), option: "Flow run state" });
  await press(page, "Next");
  const action = form === "first" ? page.getByLabel("Action Type") : page.getByRole("combobox", { name: "select action" });
  await select({ page, form, list: action, option: "Resume a flow run" });
  await press(page, "Next");
  await page.getByLabel("Automation Name").fill(name);
  await press(page, "Save");
  const created = await eventually(read, (one) => one !== undefined);
  expect(created).toMatchObject({
    enabled: true,
    trigger: { type: "event", match: { "prefect.resource.id": "prefect.flow-run.*" } },
    actions: [{ type: "resume-flow-run" }],
  });
  const id = created?.id ?? "";
  await openPage(browsing, form, "/automations", name);
  await fires(world, form, id);
  await openFeed(world, form, name);

  await openPage(browsing, form, `/automations/automation/${id}/edit`, /^Trigger Template$/);
  await press(page, "Next");
  await press(page, "Next");
  await page.getByLabel("Description (Optional)").fill("of what was paused");
  await press(page, "Save");
  await eventually(read, (one) => one?.description === "of what was paused");

  await openPage(browsing, form, `/automations/automation/${id}`, "of what was paused");
  await page.getByRole("switch").first().click();
  await eventually(read, (one) => one?.enabled === false);
  await choose({ page, form, item: "Delete" });
  await confirm(page, /^Delete/);
  await eventually(read, (one) => one === undefined);
}

/** Ends a run, and resolves when the automation has fired for it. */
async function fires({ api, made }: InterfaceWorld, form: Form, id: string): Promise<void> {
  const { client } = api;
  const run = await dataOf(client.POST("/flow_runs/", { body: { flow_id: made.flow, name: `fires-${form}` } }));
  await done(
    client.POST("/flow_runs/{id}/set_state", {
      params: { path: { id: run.id } },
      body: { state: { type: "COMPLETED", name: "Completed" }, force: true },
    }),
  );
  const event = { name: ["prefect.automation.triggered"] };
  const resource = { id: [`prefect.automation.${id}`] };
  await eventually(
    () => dataOf(client.POST("/events/filter", { body: { filter: { event, resource } } })),
    ({ total }) => total > 0,
  );
}

/** Shows which version the server says it is. */
export async function showsVersion({ api, browsing }: InterfaceWorld, form: Form): Promise<void> {
  const version = await dataOf(api.client.GET("/admin/version"));
  await openPage(browsing, form, "/settings", String(version));
}
