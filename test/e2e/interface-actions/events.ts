import { expect } from "vitest";
import { dataOf } from "../../support/api-client.ts";
import { eventually } from "../support/client.ts";
import { choose, confirm, type Form, openPage, pick, press, select, shown } from "../support/interface-forms.ts";
import type { InterfaceWorld } from "../support/interface-world.ts";

/** Shows the events of a run, and only those of a type that is chosen. */
export async function filtersEvents({ browsing }: InterfaceWorld, form: Form): Promise<void> {
  const page = await openPage(browsing, form, "/events", /^prefect\.flow-run\.Completed$/);
  if (form === "first") await pick(page, page.getByRole("button", { name: "Events" }), "prefect.flow-run.Failed");
  else {
    await press(page, "Filter by event type");
    await page
      .getByRole("option", { name: "prefect.flow-run.Failed" })
      .or(page.getByRole("menuitem", { name: "prefect.flow-run.Failed" }))
      .first()
      .click();
    await page.keyboard.press("Escape");
  }
  await shown(page, /broken-1/);
  const others = page
    .locator("li")
    .getByText(/^prefect\.(flow-run\.Completed|task-run\..*)$/)
    .filter({ visible: true });
  await expect.poll(() => others.count(), { timeout: 120_000 }).toBe(0);
}

/** Creates an automation from a template, pauses it and deletes it. */
export async function automates({ api, browsing }: InterfaceWorld, form: Form): Promise<void> {
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
  expect(await eventually(read, (one) => one !== undefined)).toMatchObject({
    enabled: true,
    trigger: { type: "event", match: { "prefect.resource.id": "prefect.flow-run.*" } },
    actions: [{ type: "resume-flow-run" }],
  });

  await openPage(browsing, form, "/automations", /^of things$/);
  const { id } = (await read()) ?? {};
  await openPage(browsing, form, `/automations/automation/${id}`, name);
  await page.getByRole("switch").first().click();
  await eventually(read, (one) => one?.enabled === false);
  await choose({ page, form, item: "Delete" });
  await confirm(page, /^Delete/);
  await eventually(read, (one) => one === undefined);
}

/** Shows which version the server says it is. */
export async function showsVersion({ api, browsing }: InterfaceWorld, form: Form): Promise<void> {
  const version = await dataOf(api.client.GET("/admin/version"));
  await openPage(browsing, form, "/settings", String(version));
}
