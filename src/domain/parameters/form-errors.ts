import type { JsonObject } from "../../lib/json.ts";
import {
  checkSchema,
  type Fault,
  guarded,
  listFaults,
  OWN_FAULT,
  prepareSchema,
  type Step,
} from "../../lib/json-schema/index.ts";
import { stripEnds } from "../../lib/python/index.ts";
import { faultOfPlaceholder, hydrateForm, isUnknown } from "./placeholders.ts";
import { withinOneBudget } from "./within-one-budget.ts";

/** A fault of the value itself, or of one of its members. */
export type FormError = string | { property: string; errors: FormError[] } | { index: number; errors: FormError[] };
export type FormVerdict = { ok: true; errors: FormError[]; valid: boolean } | { ok: false; message: string };

/** Where a value is a placeholder with a fault, the other faults at its path are dropped. */
function dropFaultsOfPlaceholders(faults: readonly Fault[]): Fault[] {
  const byPath = Map.groupBy(faults, ({ path }) => path.join("->"));
  return [...byPath.values()].flatMap((group) => {
    const own = group.filter(({ keyword }) => keyword === OWN_FAULT);
    return own.length > 0 ? own : group;
  });
}

/** The branches of the tree by path: each step is a look-up, independent of how many branches it has. */
class Branches {
  readonly #known = new Map<FormError[], Map<Step, FormError[]>>();

  at(errors: FormError[], step: Step): FormError[] {
    const known = this.#known.get(errors) ?? new Map<Step, FormError[]>();
    this.#known.set(errors, known);
    const found = known.get(step);
    if (found !== undefined) return found;
    const inner: FormError[] = [];
    errors.push(typeof step === "number" ? { index: step, errors: inner } : { property: step, errors: inner });
    known.set(step, inner);
    return inner;
  }

  /** Adds a fault at a path. Several faults at one path become several entries. */
  add(errors: FormError[], step: Step, message: string): void {
    const inner = [message];
    errors.push(typeof step === "number" ? { index: step, errors: inner } : { property: step, errors: inner });
    const known = this.#known.get(errors) ?? new Map<Step, FormError[]>();
    this.#known.set(errors, known);
    // Faults of members go into the first entry of their path.
    if (!known.has(step)) known.set(step, inner);
  }
}

/** Returns the tree of faults that the UI's forms show. Two faults at one path are two entries. */
function toTree(faults: readonly Fault[]): FormError[] {
  const root: FormError[] = [];
  const branches = new Branches();
  for (const fault of dropFaultsOfPlaceholders(faults)) {
    if (isUnknown(fault.value)) continue;
    // A missing property is reported at its own path, not at its parent's.
    const missing = fault.keyword === "required" ? [stripEnds(fault.message.split(" ", 1)[0] ?? "", "'")] : [];
    const path = [...fault.path, ...missing];
    const last = path.pop();
    if (last === undefined) {
      root.push(fault.message);
      continue;
    }
    branches.add(
      path.reduce((errors, step) => branches.at(errors, step), root),
      last,
      fault.message,
    );
  }
  return root;
}

export type Form = { schema: JsonObject; values: JsonObject; variables: ReadonlyMap<string, unknown> };

/** Checks the values of a form, placeholders included, against a schema; `ok` is false where the schema is invalid. */
export const checkForm = (form: Form): FormVerdict => withinOneBudget(() => checkFormWithin(form));

function checkFormWithin({ schema, values, variables }: Form): FormVerdict {
  const made = guarded(() => ({ prepared: prepareSchema(schema, false) }));
  if (!("prepared" in made)) return { ok: false, message: made.message };
  const { prepared } = made;
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
