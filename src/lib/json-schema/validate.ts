import { isJsonObject } from "../json.ts";
import { once } from "../once.ts";
import { textRepr } from "../python/index.ts";
import { boundedWork, TooMuchWork } from "../work.ts";
import { CircularSchema, faultsOf, Unresolvable } from "./engine.ts";
import { type Fault, mostRelevant, pathText } from "./faults.ts";
import { KEYWORDS } from "./keywords.ts";
import { METASCHEMA } from "./metaschema.ts";
import { prepareSchema, withoutRequired } from "./prepare-schema.ts";
import { collectResources } from "./references.ts";

/** Why a value is refused: its own fault, an invalid schema, or a schema with circular references. */
export type Refusal = { ok: false; kind: "value" | "schema" | "circular"; message: string };
export type Verdict = { ok: true } | Refusal;

export type ValidationOptions = {
  value: unknown;
  schema: unknown;
  /** Ignore `required` at every depth (for a partial set of values). */
  ignoreRequired?: boolean;
  /** Optional properties with a default allow null, too. */
  allowNoneWithDefault?: boolean;
  /** Adapt schemas of older clients; see `prepareSchema`. True by default. */
  prepare?: boolean;
  /** The schema is known to be valid and is not checked again. */
  schemaChecked?: boolean;
};

const noOwnFault = (): undefined => undefined;
const circular: Refusal = {
  ok: false,
  kind: "circular",
  message: "Invalid schema: Unable to validate schema with circular references.",
};
// Made when the first schema is checked: it would take a tenth of the time in which the Worker starts.
const metaRun = once(() => ({
  root: METASCHEMA,
  keywords: KEYWORDS,
  formats: true,
  ownFault: noOwnFault,
  resources: collectResources(METASCHEMA),
}));
const refused = (message: string): Refusal => ({ ok: false, kind: "value", message });

/** Runs a validation and returns errors caused by invalid schemas as values. */
export function guarded<Result>(run: () => Result): Result | Refusal {
  try {
    return boundedWork(run);
  } catch (error) {
    // The engine's stack limit counts as well: references may nest deeply without a step of this validation.
    if (error instanceof CircularSchema || error instanceof TooMuchWork || error instanceof RangeError) return circular;
    if (error instanceof Unresolvable) return refused(`Validation failed. Failure reason: ${error.message}`);
    throw error;
  }
}

/** Returns whether a schema is valid JSON Schema 2020-12; the message is `Invalid schema: <the first fault>`. */
export function checkSchema(schema: unknown): Verdict {
  return guarded<Verdict>(() => {
    const first = faultsOf(metaRun(), schema).next();
    return first.done ? { ok: true } : { ok: false, kind: "schema", message: `Invalid schema: ${first.value.message}` };
  });
}

interface Ready {
  readonly root: unknown;
  verdict?: Verdict;
}

// Many values are validated against one schema object: it is prepared and checked once.
const ready = new WeakMap<object, Map<string, Ready>>();

function readyOf(options: ValidationOptions): Ready {
  const { schema, prepare = true, ignoreRequired = false, allowNoneWithDefault = false } = options;
  const make = (): Ready => {
    const prepared = prepare && isJsonObject(schema) ? prepareSchema(schema, allowNoneWithDefault) : schema;
    return { root: ignoreRequired ? withoutRequired(prepared) : prepared };
  };
  if (!isJsonObject(schema)) return make();
  const known = ready.get(schema) ?? new Map<string, Ready>();
  ready.set(schema, known);
  const key = `${prepare} ${ignoreRequired} ${allowNoneWithDefault}`;
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

/** Validates a value, without formats. The message equals the reference's. */
export const validateAgainstSchema = (options: ValidationOptions): Verdict => guarded<Verdict>(() => validate(options));

function validate(options: ValidationOptions): Verdict {
  const found = readyOf(options);
  const { root } = found;
  if (!options.schemaChecked) found.verdict ??= checkSchema(root);
  if (found.verdict?.ok === false && !options.schemaChecked) return found.verdict;
  return guarded<Verdict>(() => {
    const fault = mostRelevant(faultsOf({ root, keywords: KEYWORDS, formats: false, ownFault: noOwnFault }, options.value));
    if (fault === undefined) return { ok: true };
    const field = pathText(fault.path);
    const where = field === "" ? "Validation failed." : `Validation failed for field ${textRepr(field)}.`;
    return refused(`${where} Failure reason: ${fault.message}`);
  });
}

/** Lists all faults of a value, formats included; the schema has to be valid. */
export function listFaults(
  options: ValidationOptions & { ownFault?: (value: unknown) => string | undefined },
): { ok: true; faults: Fault[] } | Refusal {
  const { ownFault = noOwnFault } = options;
  return guarded<{ ok: true; faults: Fault[] } | Refusal>(() => {
    const { root } = readyOf(options);
    return { ok: true, faults: [...faultsOf({ root, keywords: KEYWORDS, formats: true, ownFault }, options.value)] };
  });
}
