/**
 * Jinja 3.1 (jinja.palletsprojects.com) as Python's sandboxed environment renders it, with the filters of jinja2-humanize-extension and
 * Python's texts of errors. Every template is bounded in work and size (`meter.ts`).
 * Leaves out what needs a loader of other templates (`include`, `extends`, `import`: an error, as without a loader), and i18n.
 */
export type { Filter } from "./environment.ts";
export { metered, templateBounds } from "./meter.ts";
export { parseTemplate } from "./parse.ts";
export { maybeTemplate, type RenderOptions, renderTemplate } from "./render.ts";
export { Callable, Dict, fromJson, Host, reprOf, Undefined, type Value } from "./values.ts";
