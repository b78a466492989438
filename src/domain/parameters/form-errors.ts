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
import { sharingWork } from "./sharing-work.ts";

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

/** Finds or makes the branches of the tree; each is looked up by its step, however many stand beside it. */
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

  /** Adds the fault of one place. Beside others of its place it stands as an entry of its own. */
  add(errors: FormError[], step: Step, message: string): void {
    const inner = [message];
    errors.push(typeof step === "number" ? { index: step, errors: inner } : { property: step, errors: inner });
    const known = this.#known.get(errors) ?? new Map<Step, FormError[]>();
    this.#known.set(errors, known);
    // What lies below is told in the first entry of its place.
    if (!known.has(step)) known.set(step, inner);
  }
}

/** Puts faults into the tree that forms show. Two faults of one place are two entries. */
function toTree(faults: readonly Fault[]): FormError[] {
  const root: FormError[] = [];
  const branches = new Branches();
  for (const fault of withoutShadowed(faults)) {
    if (isUnknown(fault.value)) continue;
    // A missing property is told at the place where it is missing.
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

/** Checks the values of a form, placeholders included, against a schema; a schema that is none is not ok. */
export const checkForm = (form: Form): FormVerdict => sharingWork(() => checkFormWithin(form));

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
