import { shownAutomation } from "../domain/automations/shown.ts";
import type { Automation } from "../schemas/automations/automations.ts";
import type { AutomationRow } from "../store/tables/automations.ts";

/** Returns an automation as responses show it. */
export const presentAutomation = (row: AutomationRow): Automation => shownAutomation(row);
