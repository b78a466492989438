import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { dataOf } from "../../support/api-client.ts";
import { eventually } from "../support/client.ts";
import { choose, confirm, dialog, type Form, openPage, openTab, press, shown } from "../support/interface-forms.ts";
import type { InterfaceWorld } from "../support/interface-world.ts";

/** Adds a schedule to a deployment, edits it, pauses it and deletes it. */
export async function schedules({ api, browsing, made }: InterfaceWorld, form: Form): Promise<void> {
  const read = async () => {
    const { schedules } = await dataOf(api.client.GET("/deployments/{id}", { params: { path: { id: made.spoken } } }));
    return (schedules ?? []).map(({ active, schedule }) => ({
      active,
      interval: "interval" in schedule ? schedule.interval : 0,
    }));
  };
  const page = await openPage(browsing, form, `/deployments/deployment/${made.spoken}`, /^Schedules$/);
  const every = async (minutes: string) => {
    await dialog(page).getByRole("spinbutton").or(dialog(page).getByLabel("Value")).first().fill(minutes);
    await press(dialog(page), "Save");
  };
  await press(page, "Schedule");
  await every("45");
  await eventually(read, (found) => found.length === 1);
  expect(await read()).toEqual([{ active: true, interval: 2700 }]);
  await shown(page, /^Every 45 minutes$/i);

  const aside =
    form === "first" ? page.locator(".deployment-schedule-card, [class*=schedule-card]").last() : page.getByRole("complementary");
  await choose({ page, form, row: aside, item: "Edit" });
  await every("50");
  await shown(page, /^Every 50 minutes$/i);
  expect(await read()).toEqual([{ active: true, interval: 3000 }]);

  await aside.getByRole("switch").first().click();
  await eventually(read, ([only]) => only?.active === false);
  await choose({ page, form, row: aside, item: "Delete" });
  await confirm(page, /^Delete/);
  await eventually(read, (found) => found.length === 0);
}

interface PoolType {
  readonly label: string;
  readonly type: string;
  /** The variables that the type demands, by the labels of their fields. */
  readonly demands?: Readonly<Record<string, string>>;
}

const TYPES: readonly PoolType[] = [
  { label: "AWS Elastic Container Service", type: "ecs" },
  {
    label: "Azure Container Instances",
    type: "azure-container-instance",
    demands: { "Azure Resource Group Name": "resource_group_name", "Azure Subscription ID": "subscription_id" },
  },
  { label: "Docker", type: "docker" },
  { label: "Google Cloud Run", type: "cloud-run" },
  { label: "Google Cloud Run V2", type: "cloud-run-v2" },
  { label: "Google Vertex AI", type: "vertex-ai", demands: { Region: "region", "Image Name": "image" } },
  { label: "Kubernetes", type: "kubernetes" },
  { label: "Process", type: "process" },
];

/** Creates a work pool of every type that the form offers. */
export async function createsPools({ api, browsing }: InterfaceWorld, form: Form): Promise<void> {
  for (const { label, type, demands = {} } of TYPES) {
    const name = `${type}-${form}`;
    const page = await openPage(browsing, form, "/work-pools/create", /^Kubernetes$/);
    // The first form goes on to the next step when a type is chosen.
    if (form === "first") await page.getByText(label, { exact: true }).click();
    else {
      await page.locator(`#${type}`).click();
      await press(page, "Next");
    }
    await page.getByLabel("Name").or(page.getByRole("textbox")).filter({ visible: true }).first().fill(name);
    await press(page, "Next");
    await shown(page, /base job template/i);
    for (const [title, variable] of Object.entries(demands)) await field(page, title).fill(`the ${variable}`);
    await press(page, form === "first" ? "Create" : "Create Work Pool");
    await page.waitForURL(`**/work-pools/work-pool/${name}*`);
    const pool = await dataOf(api.client.GET("/work_pools/{name}", { params: { path: { name } } }));
    expect(pool).toMatchObject({ name, type, is_paused: false });
    expect(Object.keys(pool.base_job_template ?? {}).sort()).toEqual(["job_configuration", "variables"]);
    const properties = Object.fromEntries(Object.values(demands).map((variable) => [variable, { default: `the ${variable}` }]));
    expect(pool.base_job_template).toMatchObject({ variables: { properties } });
  }
}

const field = (page: Page, title: string): Locator =>
  page
    .getByLabel(title)
    .or(page.locator(".p-label", { hasText: title }).locator("input, textarea"))
    .filter({ visible: true })
    .first();

/** Creates a queue of a pool, and looks at the worker that asks for its runs. */
export async function createsQueue({ api, browsing }: InterfaceWorld, form: Form): Promise<void> {
  const name = `queue-${form}`;
  const page = await openPage(browsing, form, "/work-pools/work-pool/kitchen/queue/create", /Priority/);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel(/^Flow Run Concurrency/).fill("3");
  await press(page, "Create");
  const read = async () =>
    dataOf(
      api.client.POST("/work_pools/{work_pool_name}/queues/filter", {
        params: { path: { work_pool_name: "kitchen" } },
        body: {},
      }),
    );
  const queues = await eventually(read, (found) => found.some((queue) => queue.name === name));
  expect(queues.find((queue) => queue.name === name)).toMatchObject({ concurrency_limit: 3, is_paused: false });
  await openPage(browsing, form, "/work-pools/work-pool/kitchen", /^kitchen$/);
  await openTab(page, "Work Queues");
  await shown(page, name);
  await openTab(page, "Workers");
  await page.getByRole("row", { name: /cook.*online/i }).waitFor();
}
