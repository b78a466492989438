import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changesVariable, keepsSecret, limits } from "./interface-actions/configuration.ts";
import { createsPools, createsQueue, schedules } from "./interface-actions/deployments.ts";
import { automates, filtersEvents, showsVersion } from "./interface-actions/events.ts";
import { drawsTasks, filtersRuns, runsDeployment, savesFilters } from "./interface-actions/runs.ts";
import { chromiumPath } from "./support/browser.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { type Form, forms } from "./support/interface-forms.ts";
import { faultsOf, type InterfaceWorld, startInterfaceWorld } from "./support/interface-world.ts";

// What neither form offers has no test: pausing a deployment itself, other than by its schedules. The feed of events asks for what it
// names, which another action may have deleted: those that open it come first.
const ACTIONS: readonly [name: string, act: (world: InterfaceWorld, form: Form) => Promise<void>][] = [
  ["shows events and filters them", filtersEvents],
  ["creates, edits, pauses and deletes an automation, and shows that it fires", automates],
  ["filters runs by state, tag, name and date", filtersRuns],
  ["saves the filters of the runs and uses them", savesFilters],
  ["draws the tasks of a run", drawsTasks],
  ["runs a deployment with parameters, follows its logs, cancels, retries and deletes the run", runsDeployment],
  ["adds, edits, pauses and deletes a schedule", schedules],
  ["creates a work pool of every type", createsPools],
  ["creates a work queue and shows who asks for its runs", createsQueue],
  ["keeps a secret from the page and changes it", keepsSecret],
  ["creates, edits and deletes a variable", changesVariable],
  ["creates and deletes limits of all runs and of a tag", limits],
  ["shows the server's version", showsVersion],
];

/** What a person does in the interface of a client's version, in both its forms; the API tells whether it was done. */
export function describeActions(name: ClientName): void {
  const executable = chromiumPath();
  describe.skipIf(executable === undefined)(`actions in the interface of Prefect ${CLIENTS[name]}`, () => {
    let world: InterfaceWorld;

    beforeAll(async () => {
      world = await startInterfaceWorld({ name, executable: executable ?? "" });
      world.client.startPrefect("worker", "start", "--pool", "kitchen", "--name", "cook");
    });
    afterAll(() => world?.close());

    describe.each(ACTIONS)("%s", (action, act) => {
      it.each(forms)("in the %s form", async (form) => {
        await world.browsing.context.clearCookies();
        await act(world, form);
        await world.browsing.picture(`${form} ${action}`);
        expect(faultsOf(world.browsing)).toEqual([]);
      });
    });
  });
}
