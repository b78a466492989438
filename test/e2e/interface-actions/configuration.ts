import type { Page } from "playwright-core";
import { expect } from "vitest";
import { dataOf } from "../../support/api-client.ts";
import { eventually } from "../support/client.ts";
import { choose, confirm, dialog, type Form, openPage, openTab, press, shown } from "../support/interface-forms.ts";
import type { InterfaceWorld } from "../support/interface-world.ts";

/** Creates a secret, which the page does not show, and gives it another value. */
export async function keepsSecret({ api, browsing }: InterfaceWorld, form: Form): Promise<void> {
  const name = `safe-${form}`;
  const page = await openPage(browsing, form, "/blocks/catalog/secret/create", /represents a secret value/);
  await page.getByRole("textbox").first().fill(name);
  await page.getByRole("textbox").last().fill("the first word");
  await press(page, form === "first" ? "Create" : "Save");
  await shown(page, /^\*{8}$/);
  expect(await page.content()).not.toContain("the first word");
  const read = async (include_secrets: boolean) =>
    dataOf(
      api.client.GET("/block_types/slug/{slug}/block_documents/name/{block_document_name}", {
        params: { path: { slug: "secret", block_document_name: name }, query: { include_secrets } },
      }),
    );
  expect((await read(false)).data).toEqual({ value: "********" });
  const { id, data } = await read(true);
  expect(data).toEqual({ value: "the first word" });

  await openPage(browsing, form, `/blocks/block/${id}/edit`, /Block names are not editable/);
  await page.getByRole("textbox").last().fill("another word");
  await press(page, "Save");
  await shown(page, /^\*{8}$/);
  await eventually(
    () => read(true),
    (block) => block.data?.value === "another word",
  );
  expect(await page.content()).not.toContain("another word");
}

/** Replaces the JSON in the editor of the open dialog. */
async function write(page: Page, json: string): Promise<void> {
  await dialog(page).locator(".cm-content, textarea").filter({ visible: true }).first().click();
  // An editor that draws its text itself knows what is selected by its own keys alone.
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(json);
}

/** Creates a variable, edits it and deletes it. */
export async function changesVariable({ api, browsing }: InterfaceWorld, form: Form): Promise<void> {
  const name = `towels_${form}`;
  const read = async () => (await dataOf(api.client.POST("/variables/filter", { body: {} }))).find((one) => one.name === name);
  const page = await openPage(browsing, form, "/variables", /^answer$/);
  if (form === "first") await page.getByRole("banner").last().getByRole("button").last().click();
  else await press(page, "Add variable");
  await dialog(page).getByRole("textbox").first().fill(name);
  await write(page, "17");
  await press(dialog(page), "Create");
  await eventually(read, (one) => one?.value === 17);
  const row = page.getByRole("row", { name });
  await choose({ page, form, row, item: "Edit" });
  await write(page, "42");
  await press(dialog(page), "Save");
  await eventually(read, (one) => one?.value === 42);
  await row.getByText("42").waitFor();
  await choose({ page, form, row, item: "Delete" });
  await confirm(page, /^Delete/);
  await eventually(read, (one) => one === undefined);
  await row.waitFor({ state: "hidden" });
}

/** Creates a limit of all runs and one of the task runs with a tag, and deletes them. */
export async function limits({ api, browsing }: InterfaceWorld, form: Form): Promise<void> {
  const name = `hob-${form}`;
  const tag = `hot-${form}`;
  const global = async () =>
    (await dataOf(api.client.POST("/v2/concurrency_limits/filter", { body: {} }))).find((one) => one.name === name);
  const tagged = async () =>
    (await dataOf(api.client.POST("/concurrency_limits/filter", { body: {} }))).find((one) => one.tag === tag);
  const page = await openPage(browsing, form, "/concurrency-limits", /^ovens$/);
  const add = async (what: "global" | "task run") => {
    if (form === "first") await page.getByRole("tabpanel").filter({ visible: true }).getByRole("button").first().click();
    else await press(page, `add ${what} concurrency limit`);
  };
  await add("global");
  await dialog(page).getByRole("textbox").first().fill(name);
  await dialog(page).getByRole("spinbutton").first().fill("5");
  await press(dialog(page), form === "first" ? "Create" : "Save");
  expect(await eventually(global, (one) => one !== undefined)).toMatchObject({ limit: 5, active: true });
  await choose({ page, form, row: page.getByRole("row", { name }), item: "Delete" });
  await confirm(page, /^Delete/);
  await eventually(global, (one) => one === undefined);

  await openTab(page, "Task Run");
  await shown(page, /^heavy$/);
  await add("task run");
  await dialog(page).getByRole("textbox").first().fill(tag);
  await dialog(page).getByRole("spinbutton").first().fill("2");
  await press(dialog(page), "Add");
  expect(await eventually(tagged, (one) => one !== undefined)).toMatchObject({ concurrency_limit: 2 });
  await choose({ page, form, row: page.getByRole("row", { name: tag }), item: "Delete" });
  await confirm(page, /^Delete/);
  await eventually(tagged, (one) => one === undefined);
}
