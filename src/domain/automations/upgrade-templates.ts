import { maybeTemplate } from "../../lib/jinja/index.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";

// A text that is one expression gives the expression's value; in the reference by this very rewriting, whatever the expression is.
function placeholderOf(text: string): JsonObject {
  const trimmed = text.trim();
  const isOne = trimmed.startsWith("{{") && trimmed.endsWith("}}") && text.split("{{").length === 2;
  if (!isOne) return { __prefect_kind: "jinja", template: text };
  return { __prefect_kind: "json", value: { __prefect_kind: "jinja", template: text.replaceAll("}}", "| tojson }}") } };
}

/**
 * Returns the parameters of a run-deployment action with their templates as placeholders (`prefect/server/events/actions.py
 * RunDeployment._upgrade_v1_templates`): not within an object that is a placeholder, nor in lists of lists.
 */
export const upgradeTemplates = (parameters: JsonObject): JsonObject =>
  "__prefect_kind" in parameters
    ? parameters
    : Object.fromEntries(
        Object.entries(parameters).map(([name, value]) => [name, Array.isArray(value) ? value.map(upgrade) : upgrade(value)]),
      );

function upgrade(value: unknown): unknown {
  if (typeof value === "string") return maybeTemplate(value) ? placeholderOf(value) : value;
  return isJsonObject(value) ? upgradeTemplates(value) : value;
}
