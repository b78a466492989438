import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Browsing, chromiumPath, startBrowser } from "./support/browser.ts";
import { type Client, eventually, type FlowRun, makeClient } from "./support/client.ts";
import { CLIENTS, type ClientName, clientBin } from "./support/install-clients.ts";
import { type Server, startServer } from "./support/server.ts";

// The first form asks for the picture of a run's state before it knows the state; its own server answers 404 as well.
const ownFaults = /\/ico\/undefined\.svg/;

const faults = (browsing: Browsing) => browsing.faults().filter((fault) => !ownFaults.test(fault));

const hello = z.object({ flow_run_id: z.string() });

/** What a person sees of a real run in the interface of a client's version, at the roots of its forms. */
export function describeInterface(name: ClientName, roots: string[]): void {
  const executable = chromiumPath();
  describe.skipIf(executable === undefined)(`the interface of Prefect ${CLIENTS[name]}`, () => {
    let server: Server;
    let client: Client;
    let browsing: Browsing;
    let run: FlowRun;

    beforeAll(async () => {
      server = await startServer({ MILLIWAYS_TICK_SECONDS: "2", MILLIWAYS_UI: join(clientBin(name), "python") });
      client = makeClient(name, { apiUrl: server.apiUrl });
      const { flow_run_id: id } = hello.parse(await client.runFlow("hello.py"));
      const arrived = ({ events, task_runs }: FlowRun) =>
        events.includes("prefect.flow-run.Completed") && task_runs.every(([, state]) => state === "COMPLETED");
      run = await eventually(() => client.readRun(id), arrived);
      browsing = await startBrowser({ site: server.apiUrl.replace(/\/api$/, ""), executable: executable ?? "" });
    });
    afterAll(async () => {
      await browsing?.close();
      await client?.close();
      await server?.stop();
    });

    it.each(roots)("shows dashboard, runs and a run at %j/ without an error or a failing request", async (root) => {
      await browsing.context.clearCookies();
      await browsing.open(`${root}/dashboard`, /0 failed or crashed runs/i);
      expect(faults(browsing)).toEqual([]);
      await browsing.open(`${root}/runs`, run.name);
      expect(faults(browsing)).toEqual([]);
      await browsing.open(`${root}/runs/flow-run/${run.id}`, "hello from the flow");
      expect(faults(browsing)).toEqual([]);
    });

    it("asks the API for what it shows", () => {
      expect(browsing.asked()).toEqual(
        expect.arrayContaining(["POST /api/flow_runs/count", `GET /api/flow_runs/${run.id}`, "POST /api/logs/filter"]),
      );
    });
  });

  describe.skipIf(executable === undefined)(`the interface of Prefect ${CLIENTS[name]} where credentials are set`, () => {
    const authString = "admin:a secret, with: colons";
    let server: Server;
    let browsing: Browsing;

    beforeAll(async () => {
      server = await startServer({ MILLIWAYS_AUTH_STRING: authString, MILLIWAYS_UI: join(clientBin(name), "python") });
    });
    afterAll(() => server?.stop());
    // Every browser begins without what another one remembers.
    beforeEach(async () => {
      browsing = await startBrowser({ site: server.apiUrl.replace(/\/api$/, ""), executable: executable ?? "" });
    });
    afterEach(() => browsing?.close());

    it.each(roots)("asks for them at %j/, and then shows what there is without a failing request", async (root) => {
      const page = await browsing.open(`${root}/dashboard`, /login/i);
      const input = page.locator("input[type=password]");
      await input.fill(authString);
      await input.press("Enter");
      await page.getByText("Event Feed").first().waitFor();
      // Requests without the credentials were refused, which is how the interface learns that it has to ask.
      expect(faults(browsing).filter((fault) => fault.includes("401"))).not.toEqual([]);
      await browsing.open(`${root}/work-pools`, /work pool/i);
      expect(faults(browsing)).toEqual([]);
    });
  });
}
