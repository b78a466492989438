import { isJsonObject, type JsonObject, stringifyJson } from "../lib/json.ts";
import { jsonObject } from "./common.ts";

// The reference searches JSON in ASCII, so names with other letters are not placeholders.
const placeholder = /\{\{\s*([\w.\-[\]$]+)\s*\}\}/g;
const asciiJson = (value: unknown): string =>
  stringifyJson(value).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

const isFilled = (value: unknown): value is JsonObject => isJsonObject(value) && Object.keys(value).length > 0;

/** Checks the form of a base job template: both parts exist, and every placeholder has a variable. */
export function checkBaseJobTemplate(template: JsonObject): { ok: true } | { ok: false; message: string } {
  if (Object.keys(template).length === 0) return { ok: true };
  const { job_configuration, variables } = template;
  if (!isFilled(job_configuration) || !isFilled(variables)) {
    return {
      ok: false,
      message: "The `base_job_template` must contain both a `job_configuration` key and a `variables` key.",
    };
  }
  const declared = isJsonObject(variables.properties) ? variables.properties : {};
  const used = Object.values(job_configuration).flatMap((part) =>
    [...asciiJson(part).matchAll(placeholder)].map((match) => match[1] ?? ""),
  );
  const undeclared = [...new Set(used)].filter((name) => !Object.hasOwn(declared, name));
  if (undeclared.length === 0) return { ok: true };
  return {
    ok: false,
    message:
      "The variables specified in the job configuration template must be present as properties in the variables schema. " +
      `Your job configuration uses the following undeclared variable(s): ${undeclared.join(" ,")}.`,
  };
}

/** A pool's base job template in its checked form. */
export const baseJobTemplate = () =>
  jsonObject().superRefine((template, context) => {
    const verdict = checkBaseJobTemplate(template);
    if (!verdict.ok) context.addIssue({ code: "custom", message: `Value error, ${verdict.message}`, input: template });
  });
