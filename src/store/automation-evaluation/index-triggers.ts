import type { Sql } from "../client.ts";
import type { Guard } from "../sql/tag.ts";
import type { AutomationRow } from "../tables/automations.ts";

/** Returns the statements that index what events the triggers of an automation can concern: none, as nothing is evaluated yet. */
export const indexTriggers = (_automation: Pick<AutomationRow, "id" | "trigger" | "enabled">, _guard: Guard): Sql[] => [];
