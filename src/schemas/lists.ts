import * as z from "zod";
// Not imported through `z.core`: that namespace would add all of Zod with its locales to the bundle.
import { $constructor, $ZodAsyncError } from "zod/v4/core";
import { isJsonObject } from "../lib/json.ts";

/** The bounds of one request; above them it is refused with 422. No client of the reference comes near them. */
export const requestBounds = {
  /** The maximum number of faults in one response; validation stops there. */
  faults: 100,
  /** The total size, in characters, of the inputs that faults repeat, and of the body that an error repeats; what is larger becomes null. */
  repeated: 1024 * 1024,
  /** The objects and lists in one body, free JSON included. */
  containers: 400_000,
  /** Commas outside of strings in one body: what stands in its lists and objects. The largest parameters have half of them. */
  commas: 500_000,
  /** Members of all objects in one body: each different name costs the parser a microsecond. 4 MB of logs have at most 170,000. */
  allMembers: 200_000,
  /** Different numbers of one body that only raw JSON represents (`2.0`, integers beyond 2^53): to make 600,000 takes half a second. */
  exactNumbers: 150_000,
  /** The items of a list, such as ids, names or tags of a filter. */
  list: 10_000,
  /** The members of an object whose values have one type. */
  members: 1000,
  /** The tags of one object. */
  tags: 1000,
  /** The logs or events of one request. A client sends up to 4 MB of logs at once. */
  records: 50_000,
  /** Capabilities of one block schema. */
  capabilities: 100,
  /** Characters of the fields of a block schema as JSON; nested ones that it brings along, and levels of them: each is hashed. */
  blockFields: 300_000,
  nestedSchemas: 50,
  schemaLevels: 20,
  /** References of one block document. */
  blockReferences: 100,
  /** The schedules of one deployment in one request. */
  schedules: 500,
  /** The conditions on related or any resources in one event filter. */
  resources: 50,
  /**
   * The label patterns of one resource in an event filter, and of all its resources together: each is compared with each label of
   * each event (25 take 0.6 s with 60,000 related resources).
   */
  labels: 25,
  labelsTogether: 50,
  /** The prefixes of names or ids in an event filter, each compared with each event. */
  prefixes: 100,
  /** The prefixes of names in one filter. */
  patterns: 500,
  /**
   * The length of a pattern with wildcards in characters (a name's always has some), the number of its `*` (in names `%`), and
   * the total length in one event filter. The worst case against 10 MB of labels takes 2 s.
   */
  pattern: 256,
  wildcards: 64,
  patternsTogether: 1000,
  /** The length of a text that labels are compared with. */
  text: 5000,
} as const;

interface BoundedArray extends z.ZodArray {
  _zod: z.ZodArray["_zod"] & { def: z.core.$ZodArrayDef & { most?: number } };
}

const tooLong = (kind: "List" | "Dictionary", input: unknown, most: number, length: number): z.core.$ZodRawIssue => ({
  code: "custom",
  input,
  message: `${kind} should have at most ${most} items after validation, not ${length}`,
  params: { type: "too_long" },
});

// Zod validates all items of a list before it checks its length, and reports all faults: this type stops early.
const BoundedArray: z.core.$constructor<BoundedArray> = $constructor("BoundedArray", (inst, def) => {
  z.ZodArray.init(inst, def);
  const parse = inst._zod.parse;
  const { most = requestBounds.list } = inst._zod.def;
  inst._zod.parse = (payload, context) => {
    const input = payload.value;
    if (!Array.isArray(input)) return parse(payload, context);
    if (input.length > most) {
      payload.issues.push(tooLong("List", input, most, input.length));
      return payload;
    }
    const values: unknown[] = [];
    let faults = 0;
    for (const [index, item] of input.entries()) {
      const result = inst._zod.def.element._zod.run({ value: item, issues: [] }, context);
      if (result instanceof Promise) throw new $ZodAsyncError();
      for (const issue of result.issues) payload.issues.push({ ...issue, path: [index, ...(issue.path ?? [])] });
      faults += weightOf(result.issues);
      if (faults >= requestBounds.faults) return payload;
      values.push(result.value);
    }
    payload.value = values;
    return payload;
  };
});

/** Returns the number of faults; a union counts those of its alternatives. */
function weightOf(issues: readonly object[]): number {
  let weight = 0;
  for (const issue of issues) {
    const alternatives = "errors" in issue && Array.isArray(issue.errors) ? issue.errors : [];
    weight += Math.max(
      1,
      alternatives.reduce<number>((sum, inner) => sum + (Array.isArray(inner) ? weightOf(inner) : 0), 0),
    );
    if (weight >= requestBounds.faults) break;
  }
  return weight;
}

const BoundedRecord: z.core.$constructor<z.ZodRecord> = $constructor("BoundedRecord", (inst, def) => {
  z.ZodRecord.init(inst, def);
  const { parse } = inst._zod;
  inst._zod.parse = (payload, context) => {
    const length = isJsonObject(payload.value) ? Object.keys(payload.value).length : 0;
    if (length <= requestBounds.members) return parse(payload, context);
    payload.issues.push(tooLong("Dictionary", payload.value, requestBounds.members, length));
    return payload;
  };
});

/** A list of at most so many items; validation stops at the maximum number of faults. */
export const list = <T extends z.ZodType>(element: T, most: number = requestBounds.list): z.ZodArray<T> =>
  typed<z.ZodArray<T>>(new BoundedArray(typed({ type: "array", element, most })));

/** An object with any keys, at most so many. */
export const dictionary = <T extends z.ZodType>(valueType: T): z.ZodRecord<z.ZodString, T> =>
  typed<z.ZodRecord<z.ZodString, T>>(new BoundedRecord(typed({ type: "record", keyType: z.string(), valueType })));

// Zod's constructors lose the types of their elements: the two functions above state them.
const typed = <T>(made: unknown): T => made as T;
