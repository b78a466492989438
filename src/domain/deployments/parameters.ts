import { isJsonObject, type Json } from "../../lib/json.ts";
import { validateAgainstSchema } from "../../lib/json-schema/index.ts";

/** Why parameters were refused: the value does not match the schema, the deployment has no schema, or the schema is invalid. */
export type ParameterRefusal = { readonly kind: "value" | "no_schema" | "schema" | "circular"; readonly message: string };

/**
 * Returns why the parameters of a new deployment are refused; null if they match. Missing parameters are allowed, null values are
 * not.
 */
export function refusalOfCreate(parameters: Json, schema: Json): ParameterRefusal | null {
  if (!isJsonObject(schema)) return null;
  const verdict = validateAgainstSchema({ value: parameters, schema, prepare: false, ignoreRequired: true });
  return verdict.ok ? null : verdict;
}

/** Returns why parameters do not match the schema of their deployment; null if they do. */
export function refusalOf(
  parameters: Json,
  schema: Json,
  { ignoreRequired }: { ignoreRequired: boolean },
): ParameterRefusal | null {
  if (!isJsonObject(schema)) {
    return {
      kind: "no_schema",
      message:
        "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the deployment does not have a valid parameter schema.",
    };
  }
  const verdict = validateAgainstSchema({ value: parameters, schema, ignoreRequired });
  return verdict.ok ? null : verdict;
}
