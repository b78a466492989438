import { isJsonObject, textOrNull } from "../lib/json.ts";
import type { FlowRun } from "../schemas/flow-runs.ts";

/** Returns who made an object as it stands in answers; null where nobody is known. */
export function presentCreator(stored: unknown): FlowRun["created_by"] {
  if (!isJsonObject(stored)) return null;
  return { id: textOrNull(stored.id), type: textOrNull(stored.type), display_value: textOrNull(stored.display_value) };
}
