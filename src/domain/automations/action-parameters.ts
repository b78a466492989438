import { maybeTemplate, type RenderOptions } from "../../lib/jinja/index.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { type HydrationFault, hydrateParameters } from "../parameters/placeholders.ts";

/**
 * Returns a text with a template as a placeholder: an expression alone keeps the type of its value, other templates make text
 * (`prefect/server/events/actions.py RunDeployment._wrap_v1_template`).
 */
function placeholderOf(template: string): JsonObject {
  const text = template.trim();
  if (!text.startsWith("{{") || !text.endsWith("}}") || text.split("{{").length !== 2)
    return { __prefect_kind: "jinja", template };
  const value = { __prefect_kind: "jinja", template: `{{ ${text.slice(2, -2).trim()} | tojson }}` };
  return { __prefect_kind: "json", value };
}

/**
 * Returns parameters of `run-deployment` with placeholders in the place of their templates, at any depth of objects and of lists in objects.
 */
export const withPlaceholders = (parameters: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, member(value)]));

// A list within a list is left as it is, and so are the members of placeholders.
function member(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => (Array.isArray(item) ? item : member(item)));
  if (typeof value === "string") return maybeTemplate(value) ? placeholderOf(value) : value;
  return isJsonObject(value) && !("__prefect_kind" in value) ? withPlaceholders(value) : value;
}

export type RenderedParameters =
  | { readonly ok: true; readonly parameters: JsonObject }
  | { readonly ok: false; readonly fault: HydrationFault };

/** Returns the parameters of a run with its templates rendered, or the class of the first fault. */
export function renderParameters(
  placeholders: JsonObject,
  variables: ReadonlyMap<string, unknown>,
  jinja: RenderOptions,
): RenderedParameters {
  const hydrated = hydrateParameters({ parameters: placeholders, variables, jinja });
  if (!hydrated.ok) return { ok: false, fault: hydrated.kind };
  return { ok: true, parameters: isJsonObject(hydrated.parameters) ? hydrated.parameters : {} };
}

/** Returns all texts at any depth that may be templates. */
export function templatesIn(value: unknown): string[] {
  if (typeof value === "string") return maybeTemplate(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(templatesIn);
  return isJsonObject(value) ? Object.values(value).flatMap(templatesIn) : [];
}
