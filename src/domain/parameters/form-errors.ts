import type { JsonObject } from "../../schemas/json.ts";
import { OWN_FAULT } from "./engine.ts";
import type { Fault, Step } from "./faults.ts";
import { faultOfPlaceholder, hydrateForm, isUnknown } from "./placeholders.ts";
import { prepareSchema } from "./prepare-schema.ts";
import { checkSchema, listFaults } from "./validate.ts";

/** A fault of the value itself, or of one of its members. */
export type FormError = string | { property: string; errors: FormError[] } | { index: number; errors: FormError[] };
export type FormVerdict = { ok: true; errors: FormError[]; valid: boolean } | { ok: false; message: string };

/** Of the faults of one place only that of the placeholder counts, if there is one. */
function withoutShadowed(faults: readonly Fault[]): Fault[] {
  const byPath = Map.groupBy(faults, ({ path }) => path.join("->"));
  return [...byPath.values()].flatMap((group) => {
    const own = group.filter(({ keyword }) => keyword === OWN_FAULT);
    return own.length > 0 ? own : group;
  });
}

function branch(errors: FormError[], step: Step): FormError[] {
  const found = errors.find((error) =>
    typeof error === "string"
      ? false
      : typeof step === "number"
        ? "index" in error && error.index === step
        : "property" in error && error.property === step,
  );
  if (found !== undefined && typeof found !== "string") return found.errors;
  const inner: FormError[] = [];
  errors.push(typeof step === "number" ? { index: step, errors: inner } : { property: step, errors: inner });
  return inner;
}

/** Puts faults into the tree that forms show. Two faults of one place are two entries. */
function toTree(faults: readonly Fault[]): FormError[] {
  const root: FormError[] = [];
  for (const fault of withoutShadowed(faults)) {
    if (isUnknown(fault.value)) continue;
    // A missing property is told at the place where it is missing.
    const missing = fault.keyword === "required" ? [fault.message.split(" ")[0]?.replace(/^'+|'+$/g, "") ?? ""] : [];
    const path = [...fault.path, ...missing];
    const last = path.pop();
    if (last === undefined) {
      root.push(fault.message);
      continue;
    }
    const place = path.reduce(branch, root);
    place.push(typeof last === "number" ? { index: last, errors: [fault.message] } : { property: last, errors: [fault.message] });
  }
  return root;
}

export type Form = { schema: JsonObject; values: JsonObject; variables: ReadonlyMap<string, unknown> };

/** Checks the values of a form, placeholders included, against a schema; a schema that is none is not ok. */
export function checkForm({ schema, values, variables }: Form): FormVerdict {
  const prepared = prepareSchema(schema, false);
  const schemaVerdict = checkSchema(prepared);
  if (!schemaVerdict.ok) return { ok: false, message: schemaVerdict.message };
  const result = listFaults({
    value: hydrateForm({ values, variables }),
    schema: prepared,
    prepare: false,
    ownFault: faultOfPlaceholder,
  });
  if (!result.ok)
    return { ok: false, message: result.kind === "circular" ? result.message : `Invalid schema: ${result.message}` };
  const errors = toTree(result.faults);
  return { ok: true, errors, valid: errors.length === 0 };
}
