import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { recordRequests } from "./recorder.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../../.cache/screenshots");
const SLOW_MS = 120_000;
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Returns the path of this machine's Chromium; undefined: there is none, which is printed. */
export function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const path = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((file) => existsSync(file));
  if (path === undefined) console.log("No Chromium on this machine (apt-get install chromium): the interface is not tried.");
  return path;
}

export type Browsing = {
  /** Opens a path and resolves when the page shows a text. */
  open: (path: string, shown: string | RegExp) => Promise<Page>;
  /** Returns what went wrong since the last call: errors of the console and of scripts, requests that failed. */
  faults: () => string[];
  /** The paths of the API that were asked for. */
  asked: () => string[];
  /** Writes what the page shows to a file of this name in the folder of screenshots. */
  picture: (name: string) => Promise<void>;
  page: Page;
  context: BrowserContext;
  close: () => Promise<void>;
};

/** Starts a browser on a server; what pages want from elsewhere is answered with nothing, so that no test depends on the network. */
export async function startBrowser({ site, executable }: { site: string; executable: string }): Promise<Browsing> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  // Chromium's own sandbox needs rights that containers withhold.
  const browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-gpu"] });
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
  const { origin } = new URL(site);
  await context.route(
    (url) => url.origin !== origin && url.protocol.startsWith("http"),
    (route) => route.fulfill({ status: 200, contentType: "image/svg+xml", body: `<svg xmlns="http://www.w3.org/2000/svg"/>` }),
  );
  context.setDefaultTimeout(SLOW_MS);
  context.setDefaultNavigationTimeout(SLOW_MS);
  const page = await context.newPage();
  const record = process.env.MILLIWAYS_RECORD_REQUESTS;
  if (record) page.on("request", recordRequests(record));
  let faults: string[] = [];
  const asked = new Set<string>();
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith("/api/")) asked.add(`${response.request().method()} ${pathname}`);
    if (response.status() >= 400) faults.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  page.on("requestfailed", (request) => {
    // A page that is left gives up what it still waits for.
    const why = request.failure()?.errorText ?? "";
    if (why !== "net::ERR_ABORTED") faults.push(`${why} ${request.method()} ${request.url()}`);
  });
  const picture = async (name: string) => {
    const file = name
      .replace(/[0-9a-f-]{36}/g, "id")
      .replace(/[^\w]+/g, "-")
      .replace(/^-|-$/g, "");
    await page.screenshot({ path: join(SCREENSHOTS, `${file || "root"}.png`) });
  };
  const open = async (path: string, shown: string | RegExp) => {
    await page.goto(site + path);
    await page.getByText(shown).filter({ visible: true }).first().waitFor();
    // What else a page asks for may fail as well.
    await page.waitForLoadState("networkidle");
    await picture(path);
    return page;
  };
  const taken = () => {
    const all = faults;
    faults = [];
    return all;
  };
  return { open, picture, faults: taken, asked: () => [...asked].sort(), page, context, close: () => browser.close() };
}
