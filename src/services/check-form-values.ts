import type { Deps } from "../deps.ts";
import { checkForm, type FormVerdict } from "../domain/parameters/form-errors.ts";
import { collectVariableNames } from "../domain/parameters/placeholders.ts";
import { withinOneBudget } from "../domain/parameters/within-one-budget.ts";
import type { JsonObject } from "../lib/json.ts";
import { loadVariables } from "../store/variables/facts.ts";

/** Checks the values of a form against a schema, with the variables that the values name; one round trip for these, else none. */
export async function checkFormValues(
  { db }: Pick<Deps, "db">,
  { schema, values }: { readonly schema: JsonObject; readonly values: JsonObject },
): Promise<FormVerdict> {
  const variables = await loadVariables(
    db,
    withinOneBudget(() => collectVariableNames(values)),
  );
  return checkForm({ schema, values, variables });
}
