import type { Deps } from "../../deps.ts";
import { neededBy, templateOptions } from "../../domain/automations/template-context.ts";
import { type ActionOutcome, failed, type Told, type TriggeredAction } from "../../domain/automations/triggered-action.ts";
import { collectVariableNames } from "../../domain/parameters/placeholders.ts";
import { metered, type RenderOptions, renderTemplate } from "../../lib/jinja/index.ts";
import type { JsonObject } from "../../lib/json.ts";
import { presentTemplateObjects } from "../../present/template-objects.ts";
import { loadNamedObjects } from "../../store/automation-actions/objects.ts";

/**
 * Returns what templates of an action are rendered with, and the values of the workspace variables that placeholders of parameters name. One
 * round trip where they name something of the database, else none.
 */
export async function loadTemplateOptions(
  deps: Deps,
  one: TriggeredAction,
  { templates, placeholders = {} }: { readonly templates: readonly string[]; readonly placeholders?: JsonObject },
): Promise<{ readonly jinja: RenderOptions; readonly variables: ReadonlyMap<string, unknown> }> {
  const now = deps.now();
  const { ids, allVariables } = neededBy(templates, one.triggering_event);
  const named = collectVariableNames(placeholders);
  const all = allVariables || named.all;
  const loaded = await loadNamedObjects(deps.db, { ids, variables: named.names, allVariables: all }, now);
  const objects = presentTemplateObjects(loaded.objects, now);
  const shown = { objects, variables: allVariables ? loaded.allVariables : null, uiUrl: deps.config.uiUrl, now };
  const variables = named.all ? new Map([...Object.entries(loaded.allVariables), ...loaded.variables]) : loaded.variables;
  return { jinja: templateOptions(one, shown), variables };
}

/** Returns the texts of templates, or the failure that the first bad one makes of its action. */
export async function renderTexts(
  deps: Deps,
  one: TriggeredAction,
  templates: readonly string[],
  told: Told,
): Promise<{ readonly texts: readonly string[] } | { readonly fault: ActionOutcome }> {
  const { jinja } = await loadTemplateOptions(deps, one, { templates });
  return metered(() => {
    const texts: string[] = [];
    for (const template of templates) {
      const rendered = renderTemplate(template, jinja);
      if (!rendered.ok) {
        const error = rendered.message.replace(/^Failed to render template due to the following error: /, "");
        const details = { ...told.details, template_error: rendered.message, template_source: template };
        return { fault: failed(`Template rendering failed: ${error}`, { ...told, details }) };
      }
      texts.push(rendered.text);
    }
    return { texts };
  });
}
