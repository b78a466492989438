import { maybeTemplate, type RenderOptions } from "../../lib/jinja/index.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { type HydrationFault, hydrateParameters } from "../parameters/placeholders.ts";

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
