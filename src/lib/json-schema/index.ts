/**
 * JSON Schema 2020-12 with the verdicts and messages of python-jsonschema 4.26, including its choice of the fault to report
 * (`best_match`). Work is bounded (`../work.ts`), patterns match in linear time (`../python/regex.ts`). Leaves out earlier
 * drafts, references to other documents, and assertions of `content*`.
 */
export { OWN_FAULT } from "./engine.ts";
export { equalValues } from "./equality.ts";
export type { Fault, Step } from "./faults.ts";
export { prepareSchema, withoutRequired } from "./prepare-schema.ts";
export { checkSchema, guarded, listFaults, type Refusal, validateAgainstSchema } from "./validate.ts";
