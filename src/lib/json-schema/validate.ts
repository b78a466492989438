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

/** Why a value was refused: its own fault, a schema that is none, or a schema that leads in circles. */
export type Refusal = { ok: false; kind: "value" | "schema" | "circular"; message: string };
export type Verdict = { ok: true } | Refusal;

export type ValidationOptions = {
  value: unknown;
  schema: unknown;
  /** Leave out `required` at every depth (a partial set of values). */
  ignoreRequired?: boolean;
  /** Optional properties with a default admit null, too. */
  allowNoneWithDefault?: boolean;
  /** Mend what older clients' schemas leave out; see `prepareSchema`. True by default. */
  prepare?: boolean;
  /** The schema as given is known to be valid, so it is not checked again. */
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

/** Runs a validation and turns what it throws on bad schemas into values. */
export function guarded<Result>(run: () => Result): Result | Refusal {
  try {
    return boundedWork(run);
  } catch (error) {
    // The engine's own end of the stack counts as well: a schema may lead deep without steps of this validation.
    if (error instanceof CircularSchema || error instanceof TooMuchWork || error instanceof RangeError) return circular;
    if (error instanceof Unresolvable) return refused(`Validation failed. Failure reason: ${error.message}`);
    throw error;
  }
}

/** Tells whether a schema is valid JSON Schema 2020-12; the message is `Invalid schema: <the first fault>`. */
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

// Many values are held to one schema object: it is prepared and checked once.
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

/** Validates a value; formats are not checked. The message is that of the reference server, word for word. */
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

/** Lists all faults of a value, formats included; the schema is taken to be valid. */
export function listFaults(
  options: ValidationOptions & { ownFault?: (value: unknown) => string | undefined },
): { ok: true; faults: Fault[] } | Refusal {
  const { ownFault = noOwnFault } = options;
  return guarded<{ ok: true; faults: Fault[] } | Refusal>(() => {
    const { root } = readyOf(options);
    return { ok: true, faults: [...faultsOf({ root, keywords: KEYWORDS, formats: true, ownFault }, options.value)] };
  });
}
