import type { Locator, Page } from "playwright-core";
import type { Browsing } from "./browser.ts";

/** The forms of the interface by their roots. */
export const FORMS = { first: "", second: "/v2" } as const;
export type Form = keyof typeof FORMS;
export const forms: readonly Form[] = ["first", "second"];

const exactly = (text: string) => new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*$`);

/** Resolves when the page shows a text. */
export const shown = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).filter({ visible: true }).first().waitFor();

/** Resolves when the page shows a text no more. */
export const hidden = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).filter({ visible: true }).first().waitFor({ state: "hidden" });

/** Opens a tab of a page: the first form's tabs have no role of their own. */
export const openTab = (page: Page, name: string): Promise<void> =>
  page
    .getByRole("tab", { name, exact: true })
    .or(page.locator(".p-tab", { hasText: exactly(name) }))
    .first()
    .click();

/** The dialog that is open. */
export const dialog = (page: Page): Locator => page.getByRole("dialog").filter({ visible: true }).last();

/** Clicks a button by its whole name. */
export const press = (where: Page | Locator, name: string | RegExp): Promise<void> =>
  where.getByRole("button", { name, exact: true }).filter({ visible: true }).last().click();

/** Opens the menu of a page, or of a row of its tables, and chooses from it. */
export async function choose({ page, form, row, item }: { page: Page; form: Form; row?: Locator; item: string }): Promise<void> {
  if (form === "second") {
    await (row ?? page).getByRole("button", { name: "Open menu" }).first().click();
    await page.getByRole("menuitem", { name: item, exact: true }).click();
    return;
  }
  const buttons = row === undefined ? page.getByRole("banner").last().getByRole("button") : row.getByRole("button");
  await buttons.last().click();
  await page
    .locator(".p-overflow-menu-item", { hasText: exactly(item) })
    .filter({ visible: true })
    .last()
    .click();
}

/** Chooses an option of a list of the first form, which opens for keys whatever has the focus. */
export async function pick(page: Page, button: Locator, option: string): Promise<void> {
  await button.press("ArrowDown");
  await page
    .locator(".p-select-option", { hasText: exactly(option) })
    .filter({ visible: true })
    .first()
    .click();
}

/** Opens a page of a form and resolves when it shows a text. */
export const openPage = (browsing: Browsing, form: Form, path: string, text: string | RegExp): Promise<Page> =>
  browsing.open(FORMS[form] + path, text);

/** Chooses an option of a list that has a label or a name of its own. */
export async function select({
  page,
  form,
  list,
  option,
}: {
  page: Page;
  form: Form;
  list: Locator;
  option: string;
}): Promise<void> {
  if (form === "first") return pick(page, list, option);
  // A list that stays open, because the click came while it opened, hides the rest of the page.
  for (let isClosed = false; !isClosed; ) {
    await list.click();
    await page.getByRole("option", { name: option, exact: true }).first().click();
    isClosed = await page
      .getByRole("listbox")
      .waitFor({ state: "hidden", timeout: 10_000 })
      .then(() => true)
      .catch(() => false);
    if (!isClosed) await page.keyboard.press("Escape");
  }
}

/** Confirms in the dialog that asks whether something shall be deleted. */
export const confirm = (page: Page, name: string | RegExp): Promise<void> =>
  press(page.locator("[role=dialog], [role=alertdialog]").filter({ visible: true }).last(), name);
