import { join } from "node:path";
import { expect } from "vitest";
import * as z from "zod";
import { dataOf } from "../../support/api-client.ts";
import { type Api, makeApi } from "./api.ts";
import { type Browsing, startBrowser } from "./browser.ts";
import { type Client, eventually, makeClient } from "./client.ts";
import { type ClientName, clientBin } from "./install-clients.ts";
import { type Form, openPage, select } from "./interface-forms.ts";
import { type Server, startServer } from "./server.ts";

const made = z.object({
  secret: z.string(),
  block: z.string(),
  automation: z.string(),
  global_limit: z.string(),
  tag_limit: z.string(),
  spoken: z.string(),
  daily: z.string(),
  hello: z.string(),
  talked: z.string(),
  broken: z.string(),
  flow: z.string(),
  task_run: z.string(),
  artifact: z.string(),
});

/** The names of what was made, as they stand in a test's name. */
export const placeholders = made.parse(Object.fromEntries(Object.keys(made.shape).map((key) => [key, `{${key}}`])));

/** What a real client made for the interface to show: ids by name, and the secret's value. */
export type Made = z.infer<typeof made>;

export interface InterfaceWorld {
  readonly server: Server;
  readonly client: Client;
  readonly api: Api;
  readonly browsing: Browsing;
  readonly made: Made;
  readonly close: () => Promise<void>;
}

/** Starts a server with the interface of a client's version, fills it with runs of that client, and opens a browser on it. */
export async function startInterfaceWorld(options: {
  name: ClientName;
  executable: string;
  authString?: string;
}): Promise<InterfaceWorld> {
  const { name, executable, authString } = options;
  const server = await startServer({
    MILLIWAYS_TICK_SECONDS: "2",
    MILLIWAYS_UI: join(clientBin(name), "python"),
    ...(authString !== undefined && { MILLIWAYS_AUTH_STRING: authString }),
  });
  const client = makeClient(name, { apiUrl: server.apiUrl, authString });
  const api = makeApi(server.apiUrl, authString);
  const found = made.parse(await client.runFlow("interface.py"));
  for (const id of [found.hello, found.talked]) {
    const arrived = ({ events, logs }: { events: string[]; logs: string[] }) =>
      events.includes("prefect.flow-run.Completed") && logs.some((line) => line.includes("Finished in state"));
    await eventually(() => client.readRun(id), arrived);
  }
  const browsing = await startBrowser({ site: server.apiUrl.replace(/\/api$/, ""), executable });
  const close = async () => {
    await browsing.close();
    await client.close();
    await server.stop();
  };
  return { server, client, api, browsing, made: found, close };
}

// The forms ask for the picture of a run's state before they know the state; their packages have none of a run that is being cancelled,
// nor the icons that the second form then falls back to. The first form asks for a new variable's name to learn that it is free.
const OWN = /\/(undefined|cancelling)\.svg|\/favicon-\d+x\d+\.png|\/api\/variables\/name\/towels_/;

/** Returns what went wrong in the browser since the last call, but for what goes wrong at the interface's own server as well. */
export const faultsOf = (browsing: Browsing): string[] => browsing.faults().filter((fault) => !OWN.test(fault));

/** Starts a run that logs two lines a second, and resolves when its page has shown lines that came after it was opened. */
export async function followLogs(world: InterfaceWorld, form: Form): Promise<void> {
  const { api, client } = world;
  const name = `followed-${form}`;
  const running = client.startFlow("interface.py", "talk", name);
  try {
    const [run] = await eventually(
      () => api.flowRuns({ named: name }),
      ([first]) => first?.state.type === "RUNNING",
    );
    const id = run?.id ?? "";
    await openPage(world.browsing, form, `/runs/flow-run/${id}`, /^line \d+ for/);
    await showsNewLines(world, form, id);
    expect(faultsOf(world.browsing)).toEqual([]);
  } finally {
    await running.kill();
  }
}

/** Resolves when the open page of a run has shown lines that the run said after this was called; the run goes on. */
export async function showsNewLines({ api, browsing }: InterfaceWorld, form: Form, id: string): Promise<void> {
  const { page } = browsing;
  // The second form draws only the lines in sight.
  const order = page.getByRole("combobox", { name: "log sort order" });
  if (form === "second") await select({ page, form, list: order, option: "Newest to oldest" });
  const logs = await dataOf(api.client.POST("/logs/filter", { body: { logs: { flow_run_id: { any_: [id] } }, limit: 200 } }));
  const before = logs.filter(({ message }) => message.startsWith("line")).length;
  const newest = async () => {
    const text = (await page.locator("body").textContent()) ?? "";
    return Math.max(-1, ...Array.from(text.matchAll(/line (\d+) for/g), ([, number]) => Number(number)));
  };
  await expect.poll(newest, { timeout: 120_000 }).toBeGreaterThan(before);
  const [after] = await api.flowRuns({ ids: [id] });
  expect(after?.state.type).toBe("RUNNING");
}
