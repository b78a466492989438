import type { Sources } from "../domain/surroundings.ts";
import { setEnabled } from "../store/automation-actions/enabled.ts";
import type { Database } from "../store/client.ts";

/** Switches an automation on or off. */
export const setAutomationEnabled = async (
  { db, now }: Sources & { readonly db: Database },
  id: string,
  enabled: boolean,
): Promise<{ readonly kind: "written" | "not_found" | "invalid" }> => ({
  kind: (await setEnabled(db, id, enabled, now())) ? "written" : "not_found",
});
