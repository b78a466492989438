import { metered, parseTemplate, type RenderOptions, renderTemplate } from "../../lib/jinja/index.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { parsePythonJson, repr } from "../../lib/python/index.ts";
import { outsideOfWork } from "../../lib/work.ts";
import type { WantedVariables } from "./references.ts";

/** The class names of the reference's hydration errors (`prefect/utilities/schema_tools/hydration.py`); automations show them. */
export type HydrationFault = "InvalidJSON" | "InvalidJinja" | "TemplateNotFound" | "ValueNotFound" | "WorkspaceVariableNotFound";
export type Failure = { ok: false; kind: HydrationFault; message: string };
export type Hydrated = { ok: true; parameters: unknown } | Failure;

// Results that are not JSON are symbols, which no data can contain: a failure (its description is the message), a value that is
// not known yet, and a value that is removed from its object or list.
const UNKNOWN = Symbol("unknown");
const REMOVED = Symbol("removed");

type Work = {
  /** Returns the value of a variable; undefined when no variable has that name. */
  variable: (name: string) => unknown;
  /** Null: templates are parsed but not rendered. */
  jinja: RenderOptions | null;
  /** Called when a variable's name depends on a value that is not known yet. */
  unknownName: () => void;
  failed: (failure: Failure) => void;
};

function fail(work: Work, kind: HydrationFault, message: string): symbol {
  work.failed({ ok: false, kind, message });
  return Symbol(message);
}

type Handler = (placeholder: JsonObject, work: Work) => unknown;

/** Returns a member that may itself be a placeholder. */
const inner = (value: unknown, work: Work): unknown => (isJsonObject(value) ? hydrate(value, work) : value);

const handlers: ReadonlyMap<unknown, Handler> = new Map<unknown, Handler>([
  [
    "none",
    (placeholder, work) =>
      "value" in placeholder
        ? hydrate(placeholder.value, work)
        : fail(work, "ValueNotFound", "Missing 'value' key in __prefect object"),
  ],
  [
    "json",
    (placeholder, work) => {
      if (!("value" in placeholder)) return REMOVED;
      const text = inner(placeholder.value, work);
      if (typeof text !== "string") return text;
      const parsed = parsePythonJson(text);
      return parsed.ok ? parsed.value : fail(work, "InvalidJSON", `Invalid JSON: ${parsed.message}`);
    },
  ],
  [
    "jinja",
    (placeholder, work) => {
      if (!("template" in placeholder)) return fail(work, "TemplateNotFound", "Missing 'template' key in __prefect object");
      const template = inner(placeholder.template, work);
      if (typeof template === "symbol") return template;
      if (typeof template !== "string") return fail(work, "InvalidJinja", "Invalid jinja: the template is not a text");
      const parsed = parseTemplate(template);
      if (!parsed.ok) return fail(work, "InvalidJinja", `Invalid jinja: ${parsed.message}`);
      if (work.jinja === null) return UNKNOWN;
      const rendered = renderTemplate(template, work.jinja);
      return rendered.ok ? rendered.text : fail(work, "InvalidJinja", `Invalid jinja: ${rendered.message}`);
    },
  ],
  [
    "workspace_variable",
    (placeholder, work) => {
      if (!("variable_name" in placeholder)) return REMOVED;
      const name = inner(placeholder.variable_name, work);
      if (name === UNKNOWN) work.unknownName();
      if (typeof name === "symbol") return name;
      const value = typeof name === "string" ? work.variable(name) : undefined;
      const shown = typeof name === "string" ? name : outsideOfWork(() => repr(name));
      return value === undefined ? fail(work, "WorkspaceVariableNotFound", `Variable '${shown}' not found in workspace.`) : value;
    },
  ],
]);

function hydrate(value: unknown, work: Work): unknown {
  if (Array.isArray(value)) return value.map((item) => hydrate(item, work)).filter((item) => item !== REMOVED);
  if (!isJsonObject(value)) return value;
  if ("__prefect_kind" in value) {
    const handler = handlers.get(value.__prefect_kind);
    return handler === undefined ? (value.value ?? null) : handler(value, work);
  }
  const members = Object.entries(value).map(([key, member]) => [key, hydrate(member, work)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== REMOVED));
}

const ignore = (): void => undefined;

export type HydrationOptions = {
  parameters: unknown;
  /** The variables of the workspace by name; see `collectVariableNames`. */
  variables: ReadonlyMap<string, unknown>;
  /** The context of templates; empty by default. */
  jinja?: RenderOptions;
};

/**
 * Replaces the placeholders (`__prefect_kind`) in parameters, or returns the first failure. When the parameters as a whole are
 * one placeholder, the result may be any JSON.
 */
export function hydrateParameters({ parameters, variables, jinja = {} }: HydrationOptions): Hydrated {
  let failure: Failure | undefined;
  const failed = (found: Failure): void => {
    failure ??= found;
  };
  const work: Work = { variable: (name) => variables.get(name), jinja, unknownName: ignore, failed };
  const result = metered(() => hydrate(parameters, work));
  return failure ?? { ok: true, parameters: result === REMOVED ? {} : result };
}

/**
 * Replaces placeholders for the check of a form; those that cannot be replaced become symbols, whose text `faultOfPlaceholder`
 * returns. Templates are only parsed, since their context is not known yet.
 */
export function hydrateForm({ values, variables }: { values: unknown; variables: ReadonlyMap<string, unknown> }): unknown {
  const result = hydrate(values, { variable: (name) => variables.get(name), jinja: null, unknownName: ignore, failed: ignore });
  return result === REMOVED ? {} : result;
}

/** Returns the first fault of placeholders that is a fault whatever values they get, null for none; templates are only parsed. */
export function faultOfPlaceholders(parameters: unknown): string | null {
  let fault: string | null = null;
  const failed = ({ message }: Failure): void => {
    fault ??= message;
  };
  metered(() => hydrate(parameters, { variable: () => UNKNOWN, jinja: null, unknownName: ignore, failed }));
  return fault;
}

/** Returns whether a value of a form is a placeholder whose value is not known before the run. */
export const isUnknown = (value: unknown): boolean => value === UNKNOWN;

/** Returns the fault of a placeholder that could not be replaced. */
export const faultOfPlaceholder = (value: unknown): string | undefined =>
  typeof value === "symbol" && value !== UNKNOWN && value !== REMOVED ? value.description : undefined;

/**
 * Lists the variables that parameters refer to, so that one batch can load them; `all`: a name depends on another variable's
 * value, so that all variables have to be loaded.
 */
export function collectVariableNames(parameters: unknown): WantedVariables {
  const names = new Set<string>();
  let all = false;
  const variable = (name: string): unknown => {
    names.add(name);
    return UNKNOWN;
  };
  const unknownName = (): void => {
    all = true;
  };
  metered(() => hydrate(parameters, { variable, jinja: {}, unknownName, failed: ignore }));
  return { names: [...names], all };
}
