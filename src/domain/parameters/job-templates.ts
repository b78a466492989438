import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import {
  checkSchema,
  guarded,
  listFaults,
  type Refusal,
  validateAgainstSchema,
  withoutRequired,
} from "../../lib/json-schema/index.ts";
import { stripEnds, textRepr } from "../../lib/python/index.ts";

/** Data of block documents by their id (lower case, with dashes). */
export type BlockData = ReadonlyMap<string, unknown>;

/**
 * Kind `value`: the variables do not match the schema, and the caller adds its prefix to the message. Other messages have no
 * prefix.
 */
export type JobVerdict = { ok: true } | Refusal | { ok: false; kind: "block"; message: "Block not found." };

const blockNotFound = { ok: false, kind: "block", message: "Block not found." } as const;

const isFilled = (value: unknown): value is JsonObject => isJsonObject(value) && Object.keys(value).length > 0;

function properties(template: JsonObject): [string, unknown][] {
  const { variables } = template;
  return isJsonObject(variables) && isJsonObject(variables.properties) ? Object.entries(variables.properties) : [];
}

type BlockReference = { kind: "none" } | { kind: "skipped" } | { kind: "malformed" } | { kind: "block"; id: string };

/** Reads `{"$ref": {"block_document_id": id}}`, a default that refers to a block document. */
function blockReference(value: unknown): BlockReference {
  if (!isJsonObject(value) || !("$ref" in value)) return { kind: "none" };
  const id = isJsonObject(value.$ref) ? (value.$ref.block_document_id ?? null) : null;
  if (id === null) return { kind: "skipped" };
  const hex = typeof id === "string" ? stripEnds(id.replace(/urn:|uuid:/g, ""), "{}").replaceAll("-", "") : "";
  if (!/^[0-9a-f]{32}$/i.test(hex)) return { kind: "malformed" };
  return { kind: "block", id: hex.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") };
}

/** Lists the ids of the block documents that a template's defaults refer to, so that one batch can load them. */
export function collectBlockDocumentIds(template: JsonObject): string[] {
  const ids = properties(template).flatMap(([, variable]) => {
    const reference = blockReference(isJsonObject(variable) ? variable.default : undefined);
    return reference.kind === "block" ? [reference.id] : [];
  });
  return [...new Set(ids)];
}

type Defaults = { values: Map<string, unknown>; invalid: boolean };

function readDefaults(
  template: JsonObject,
  blocks: BlockData,
  dropInvalid: boolean,
): Defaults | Exclude<JobVerdict, { ok: true }> {
  const values = new Map<string, unknown>();
  const schema = withoutRequired(template.variables);
  let invalid = false;
  for (const [name, variable] of properties(template)) {
    if (!isJsonObject(variable) || !("default" in variable)) continue;
    const reference = blockReference(variable.default);
    if (reference.kind === "skipped") continue;
    if (reference.kind === "malformed" || (reference.kind === "block" && !blocks.has(reference.id))) return blockNotFound;
    const value = reference.kind === "block" ? blocks.get(reference.id) : variable.default;
    if (dropInvalid) {
      const result = listFaults({ value: { [name]: value }, schema, prepare: false });
      if (!result.ok) return result;
      if (result.faults.length > 0) {
        invalid = true;
        continue;
      }
    }
    values.set(name, value);
  }
  return { values, invalid };
}

type Check = {
  template: JsonObject;
  blocks: BlockData;
  layers: readonly unknown[];
  ignoreRequired: boolean;
  dropInvalidDefaults: boolean;
};

const check = (wanted: Check): JobVerdict => guarded<JobVerdict>(() => checkWithin(wanted));

function checkWithin({ template, blocks, layers, ignoreRequired, dropInvalidDefaults }: Check): JobVerdict {
  const { variables } = template;
  if (!isFilled(variables)) return { ok: true };
  const schemaVerdict = checkSchema(variables);
  if (!schemaVerdict.ok) return schemaVerdict;
  const defaults = readDefaults(template, blocks, dropInvalidDefaults);
  if ("ok" in defaults) return defaults;
  const merged = new Map(defaults.values);
  for (const layer of layers) if (isJsonObject(layer)) for (const [name, value] of Object.entries(layer)) merged.set(name, value);
  return validateAgainstSchema({
    value: Object.fromEntries(merged),
    schema: variables,
    // A default that was dropped might have been the value of a required variable.
    ignoreRequired: ignoreRequired || defaults.invalid,
    allowNoneWithDefault: true,
    schemaChecked: true,
  });
}

/** Checks the defaults of all variables of a template as one value, without `required`. */
export const checkTemplateDefaults = (template: JsonObject, blocks: BlockData): JobVerdict =>
  check({ template, blocks, layers: [], ignoreRequired: true, dropInvalidDefaults: false });

export type JobVariables = {
  template: JsonObject;
  blocks: BlockData;
  /** In ascending precedence: the deployment's variables, then the run's. A value that is not an object counts as empty. */
  layers: readonly unknown[];
  /** True for a deployment: its runs may supply the missing variables. */
  ignoreRequired: boolean;
};

/** Checks job variables merged over the template's defaults; defaults that do not match the schema are dropped. */
export const validateJobVariables = (options: JobVariables): JobVerdict => check({ ...options, dropInvalidDefaults: true });

/**
 * Checks a deployment's variables without the defaults, as an update does; the message is the reference's `<ValidationError: …>`.
 */
export function checkVariablesOfUpdate(template: JsonObject, jobVariables: unknown): JobVerdict {
  if (!isJsonObject(template.variables)) return { ok: true };
  const result = listFaults({ value: jobVariables, schema: template.variables, ignoreRequired: true });
  if (!result.ok) return result;
  const [first] = result.faults;
  return first === undefined
    ? { ok: true }
    : { ok: false, kind: "value", message: `<ValidationError: ${textRepr(first.message)}>` };
}
