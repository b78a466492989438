import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { chromiumPath } from "./support/browser.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { FORMS, type Form, forms, openPage, openTab, shown } from "./support/interface-forms.ts";
import {
  faultsOf,
  followLogs,
  type InterfaceWorld,
  type Made,
  placeholders,
  startInterfaceWorld,
} from "./support/interface-world.ts";

interface Page {
  readonly path: string | ((made: Made) => string);
  /** A tab of the page that is opened. */
  readonly tab?: string;
  /** Opened with credentials as well. */
  readonly credentials?: true;
  /** A text that a page shows only with what the client made, or one for each form. */
  readonly shows: RegExp | Record<Form, RegExp>;
}

/** Every page of the interface, with the data of it that the client made. */
const PAGES: readonly Page[] = [
  { path: "/dashboard", shows: { first: /^breaks$/, second: /^breaks$/ } },
  { path: "/runs", credentials: true, shows: /^talked-1$/ },
  { path: "/runs?tab=task-runs", shows: /^report-/ },
  { path: ({ hello }) => `/runs/flow-run/${hello}`, credentials: true, shows: /hello from the flow/ },
  { path: ({ broken }) => `/runs/flow-run/${broken}`, shows: /about to break/ },
  { path: ({ talked }) => `/runs/flow-run/${talked}`, tab: "Artifacts", shows: /^of the flow$/ },
  { path: ({ talked }) => `/runs/flow-run/${talked}`, tab: "Task Runs", shows: /^report-/ },
  { path: ({ talked }) => `/runs/flow-run/${talked}`, tab: "Parameters", shows: /"guest"/ },
  { path: ({ hello }) => `/runs/flow-run/${hello}`, tab: "Subflow Runs", shows: /^total$/ },
  { path: ({ task_run }) => `/runs/task-run/${task_run}`, shows: /Finished in state/ },
  { path: "/flows", shows: /^breaks$/ },
  { path: ({ flow }) => `/flows/flow/${flow}`, shows: /^talked-1$/ },
  { path: ({ flow }) => `/flows/flow/${flow}`, tab: "Deployments", shows: /^spoken$/ },
  { path: "/deployments", credentials: true, shows: /every 6 hours/i },
  { path: ({ daily }) => `/deployments/deployment/${daily}`, shows: /every 6 hours/i },
  { path: ({ daily }) => `/deployments/deployment/${daily}`, tab: "Upcoming", shows: /auto-scheduled/ },
  { path: ({ daily }) => `/deployments/deployment/${daily}`, tab: "Parameters", shows: /lines/ },
  { path: ({ spoken }) => `/deployments/deployment/${spoken}`, tab: "Description", shows: /lines\./ },
  { path: ({ spoken }) => `/deployments/deployment/${spoken}/edit`, shows: /kitchen-work/ },
  { path: ({ spoken }) => `/deployments/deployment/${spoken}/run`, shows: /guest \(Optional\)/ },
  { path: ({ spoken }) => `/deployments/deployment/${spoken}/duplicate`, shows: /kitchen-work/ },
  { path: "/work-pools", shows: /^kitchen$/ },
  { path: "/work-pools/create", shows: /Kubernetes/ },
  { path: "/work-pools/work-pool/kitchen", shows: /auto-scheduled/ },
  { path: "/work-pools/work-pool/kitchen", tab: "Work Queues", shows: /^default$/ },
  { path: "/work-pools/work-pool/kitchen", tab: "Deployments", shows: /^spoken$/ },
  { path: "/work-pools/work-pool/kitchen/edit", shows: { first: /Base Job Template/i, second: /kitchen/ } },
  { path: "/work-pools/work-pool/kitchen/queue/create", shows: /Priority/ },
  { path: "/work-pools/work-pool/kitchen/queue/default", shows: /auto-scheduled/ },
  { path: "/work-pools/work-pool/kitchen/queue/default/edit", shows: /Priority/ },
  { path: "/blocks", shows: /^door$/ },
  { path: "/blocks/catalog", shows: /^AWS Credentials$/ },
  { path: "/blocks/catalog/secret", shows: /represents a secret value/ },
  { path: "/blocks/catalog/secret/create", shows: /represents a secret value/ },
  { path: ({ block }) => `/blocks/block/${block}`, credentials: true, shows: /^\*{8}$/ },
  { path: ({ block }) => `/blocks/block/${block}/edit`, shows: /Block names are not editable/ },
  { path: "/variables", shows: /^answer$/ },
  { path: "/concurrency-limits", shows: /^ovens$/ },
  { path: "/concurrency-limits", tab: "Task Run", shows: /^heavy$/ },
  { path: ({ tag_limit }) => `/concurrency-limits/concurrency-limit/${tag_limit}`, shows: /heavy/ },
  { path: "/events", credentials: true, shows: /prefect\.flow-run\.Completed/ },
  { path: "/artifacts", shows: /^guests$/ },
  { path: "/artifacts/key/guests", shows: /^talked-1$/ },
  { path: ({ artifact }) => `/artifacts/artifact/${artifact}`, shows: /Arthur/ },
  { path: "/automations", shows: /^of things$/ },
  { path: ({ automation }) => `/automations/automation/${automation}`, shows: /^of things$/ },
  { path: ({ automation }) => `/automations/automation/${automation}/edit`, shows: /Trigger Template/ },
  { path: "/automations/create", shows: /Trigger Template/ },
  { path: "/settings", credentials: true, shows: /3\.9\.1/ },
];

const pathOf = ({ path }: Page, made: Made) => (typeof path === "string" ? path : path(made));
const shownBy = ({ shows }: Page, form: Form) => (shows instanceof RegExp ? shows : shows[form]);
const nameOf = (page: Page) => `${pathOf(page, placeholders)}${page.tab === undefined ? "" : `, ${page.tab}`}`;

async function look({ browsing, made }: InterfaceWorld, form: Form, page: Page): Promise<void> {
  const path = pathOf(page, made);
  if (page.tab === undefined) await openPage(browsing, form, path, shownBy(page, form));
  else {
    await openPage(browsing, form, path, page.tab);
    await openTab(browsing.page, page.tab);
    await shown(browsing.page, shownBy(page, form));
    await browsing.picture(`${FORMS[form]}${path} ${page.tab}`);
  }
  expect(faultsOf(browsing)).toEqual([]);
}

/** Opens each page of the interface of a client's version in both its forms, without and with credentials. */
export function describePages(name: ClientName): void {
  const executable = chromiumPath();
  describe.skipIf(executable === undefined)(`every page of the interface of Prefect ${CLIENTS[name]}`, () => {
    let world: InterfaceWorld;

    beforeAll(async () => {
      world = await startInterfaceWorld({ name, executable: executable ?? "" });
    });
    afterAll(() => world?.close());

    describe.each(forms)("in the %s form", (form) => {
      beforeAll(() => world.browsing.context.clearCookies());

      it.each(PAGES.map((page) => ({ name: nameOf(page), page })))("shows its data at $name", ({ page }) =>
        look(world, form, page),
      );

      it("paints the dashboard in time", async () => {
        const milliseconds = await firstPaint(world, form);
        console.log(`First contentful paint of the dashboard in the ${form} form: ${Math.round(milliseconds)} ms.`);
        // One second is what a quiet machine has to keep; beside other work it takes several times as long.
        expect(milliseconds).toBeLessThan(10_000);
      });
    });
  });

  describe.skipIf(executable === undefined)(`the interface of Prefect ${CLIENTS[name]} with credentials`, () => {
    const authString = "admin:a secret, with: colons";
    let world: InterfaceWorld;

    beforeAll(async () => {
      world = await startInterfaceWorld({ name, executable: executable ?? "", authString });
    });
    afterAll(() => world?.close());

    describe.each(forms)("in the %s form", (form) => {
      beforeAll(async () => {
        const { browsing } = world;
        await browsing.context.clearCookies();
        // The forms keep what was entered in the same place: the second one need not ask again.
        const page = await openPage(browsing, form, "/dashboard", /login|Event Feed/i);
        const input = page.locator("input[type=password]");
        if (await input.isVisible()) {
          await input.fill(authString);
          await input.press("Enter");
        }
        await shown(page, "Event Feed");
        // Requests without the credentials were refused, which is how the interface learns that it has to ask.
        browsing.faults();
      });

      it.each(PAGES.filter(({ credentials }) => credentials).map((page) => ({ name: nameOf(page), page })))(
        "shows its data at $name",
        ({ page }) => look(world, form, page),
      );

      it("shows the lines of a run while it runs", () => followLogs(world, form));
    });
  });
}

async function firstPaint({ browsing }: InterfaceWorld, form: Form): Promise<number> {
  await openPage(browsing, form, "/dashboard", /^breaks$/);
  const entries = "performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => startTime)";
  const [milliseconds] = z.array(z.number()).parse(await browsing.page.evaluate(entries));
  if (milliseconds === undefined) throw new Error("the browser measured no first contentful paint");
  return milliseconds;
}
