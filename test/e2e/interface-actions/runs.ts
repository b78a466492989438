import type { Page } from "playwright-core";
import { expect } from "vitest";
import { dataOf, done } from "../../support/api-client.ts";
import type { RunState } from "../support/api.ts";
import { eventually } from "../support/client.ts";
import { choose, confirm, dialog, FORMS, type Form, openPage, openTab, pick, press, shown } from "../support/interface-forms.ts";
import { type InterfaceWorld, showsNewLines } from "../support/interface-world.ts";

const PATIENCE = { timeout: 120_000 };

/** The names of the runs that the list shows. */
const listed = async (page: Page): Promise<string[]> =>
  (await page.locator("a[href*='/runs/flow-run/']").filter({ visible: true }).allInnerTexts()).sort();

async function showsExactly({ api, browsing }: InterfaceWorld, flow_runs: object): Promise<void> {
  const found = await dataOf(api.client.POST("/flow_runs/filter", { body: { flow_runs, limit: 200, sort: "ID_DESC" } }));
  expect(found.length).toBeGreaterThan(0);
  await expect.poll(() => listed(browsing.page), PATIENCE).toEqual(found.map(({ name }) => name).sort());
}

const byTag = (page: Page, form: Form, tag: string) => {
  if (form === "first") return pick(page, page.getByRole("button", { name: "All tags" }), tag);
  const input = page.getByPlaceholder("All tags");
  return input.fill(tag).then(() => input.press("Enter"));
};

/** Filters flow runs by state, tag, name and date. */
export async function filtersRuns(world: InterfaceWorld, form: Form): Promise<void> {
  const { browsing } = world;
  const open = () => openPage(browsing, form, "/runs", /^talked-1$/);
  const page = await open();
  const states = page.getByRole("button", { name: "All run states" });
  if (form === "first") await pick(page, states, "Failed");
  else {
    await states.click();
    await page.getByRole("menuitem", { name: "Failed" }).click();
    await page.keyboard.press("Escape");
  }
  await showsExactly(world, { state: { name: { any_: ["Failed"] } } });
  await open();
  await byTag(page, form, "red");
  await showsExactly(world, { tags: { all_: ["red"] } });
  await open();
  await page.getByPlaceholder("Search by flow run name").filter({ visible: true }).fill("talked");
  await showsExactly(world, { name: { like_: "talked" }, state: { type: { not_any_: ["SCHEDULED"] } } });
  await open();
  // The forms show the past week unless they are told: what is scheduled is not in it.
  const past = { state: { type: { not_any_: ["SCHEDULED"] } } };
  await showsExactly(world, past);
  const range = page.getByRole("button", { name: "Past 7 days" });
  await range.locator("xpath=preceding::button[1]").click();
  await expect.poll(() => listed(page), PATIENCE).toEqual([]);
  await open();
  await showsExactly(world, past);
}

/** Saves the filters of the list, uses them and deletes them. The second form keeps them in the browser. */
export async function savesFilters(world: InterfaceWorld, form: Form): Promise<void> {
  const { api, browsing } = world;
  const name = `reds-${form}`;
  const page = await openPage(browsing, form, "/runs", /^talked-1$/);
  await byTag(page, form, "red");
  await showsExactly(world, { tags: { all_: ["red"] } });
  if (form === "second") {
    await press(page, "Unsaved");
    await page.getByRole("menuitem", { name: "Save current filters" }).click();
  } else {
    await page.getByRole("banner").last().getByRole("button").last().click();
    await press(page, "Save View");
  }
  await dialog(page).getByRole("textbox").fill(name);
  await press(dialog(page), "Save");
  await page.getByRole("button", { name }).waitFor();
  const saved = async () => (await dataOf(api.client.POST("/saved_searches/filter", { body: {} }))).map((one) => one.name);
  if (form === "first") await expect.poll(saved, PATIENCE).toContain(name);

  await openPage(browsing, form, "/runs", /^talked-1$/);
  const views = page.getByRole("button", { name: /^Past week/ });
  if (form === "first") await pick(page, views, name);
  else {
    await views.click();
    await page.getByRole("menuitem", { name }).click();
  }
  await showsExactly(world, { tags: { all_: ["red"] } });
  if (form === "second") return;
  await page.getByRole("banner").last().getByRole("button").last().click();
  await press(page, "Delete View");
  await confirm(page, /^Delete/);
  await expect.poll(saved, PATIENCE).not.toContain(name);
}

/** Looks at the tasks of a run in its graph, which the page draws on a canvas. */
export async function drawsTasks({ api, browsing, made }: InterfaceWorld, form: Form): Promise<void> {
  const graph = browsing.page.waitForResponse((response) => response.url().includes(`/flow_runs/${made.hello}/graph-v2`));
  await openPage(browsing, form, `/runs/flow-run/${made.hello}`, /hello from the flow/);
  expect(Object.keys((await (await graph).json()).nodes)).toHaveLength(21);
  await browsing.page.locator("canvas").first().waitFor();
  await openTab(browsing.page, "Task Runs");
  const link = browsing.page
    .getByRole("link", { name: /^double-/ })
    .filter({ visible: true })
    .first();
  const task = ((await link.textContent()) ?? "").trim();
  const tasks = await dataOf(
    api.client.POST("/task_runs/filter", { body: { task_runs: { flow_run_id: { any_: [made.hello] } }, limit: 200 } }),
  );
  expect(tasks.map(({ name }) => name)).toContain(task);
}

/** Returns the states that a run had after it was retried. */
function afterRetry(states: readonly RunState[]): readonly RunState[] {
  const retried = states.findIndex(({ name }) => name === "AwaitingRetry");
  return retried === -1 ? [] : states.slice(retried + 1);
}

/** Runs a deployment with parameters of the form, follows its logs, cancels it, retries it and deletes it. */
export async function runsDeployment(world: InterfaceWorld, form: Form): Promise<void> {
  const { api, browsing, made } = world;
  const name = `by-form-${form}`;
  const page = await openPage(browsing, form, `/deployments/deployment/${made.spoken}/run`, /guest \(Optional\)/);
  const inputs = page.locator("form input").filter({ visible: true });
  await inputs.first().fill(name);
  await page.locator("input[type=number]").first().fill("600");
  await page.locator("input[type=text], input:not([type]), textarea").filter({ visible: true }).last().fill("Ford");
  await press(page, "Submit");
  const read = async () => (await api.flowRuns({ named: name }))[0];
  const run = await eventually(read, (one) => one?.state.type === "RUNNING");
  const id = run?.id ?? "";
  const detail = await dataOf(api.client.GET("/flow_runs/{id}", { params: { path: { id } } }));
  expect(detail.parameters).toEqual({ lines: 600, pause: 0.5, guest: "Ford" });

  await openPage(browsing, form, `/runs/flow-run/${id}`, /^line \d+ for Ford/);
  await showsNewLines(world, form, id);
  await openTab(page, "Parameters");
  await shown(page, /"Ford"/);

  if (form === "first") await press(page, "Cancel");
  else await choose({ page, form, item: "Cancel" });
  await confirm(page, form === "first" ? "Confirm" : "Cancel Flow Run");
  await eventually(read, (one) => one?.state.type === "CANCELLED");
  await shown(page, /^Cancelled$/);

  if (form === "first") await press(page, "Retry");
  else await choose({ page, form, item: "Retry" });
  await confirm(page, /^Retry/);
  const states = await eventually(
    () => api.states("flow", id),
    (found) => afterRetry(found).some(({ type }) => type === "RUNNING" || type === "CANCELLED"),
  );
  // The worker may take the cancellation for one of the new attempt as well.
  if (states.at(-1)?.type === "RUNNING") {
    const state = { type: "CANCELLING", name: "Cancelling" } as const;
    await done(api.client.POST("/flow_runs/{id}/set_state", { params: { path: { id } }, body: { state } }));
  }
  await eventually(read, (one) => one?.state.type === "CANCELLED");

  await openPage(browsing, form, `/runs/flow-run/${id}`, name);
  await choose({ page, form, item: "Delete" });
  await confirm(page, /^Delete/);
  await eventually(read, (one) => one === undefined);
  await expect.poll(() => new URL(page.url()).pathname, PATIENCE).not.toContain(id);
  expect(new URL(page.url()).pathname).toMatch(new RegExp(`^${FORMS[form]}/`));
}
