import * as z from "zod";
import { isJsonObject, type JsonObject, objectOf } from "../lib/json.ts";
import { notARoute } from "../schemas/common.ts";

/** Which form of a schema is meant: what may be sent, or what is answered. */
export type Form = "input" | "output";

/** Returns what a schema says of its wire form, where zod cannot tell. */
export const wireOf = (schema: z.core.$ZodType): JsonObject | undefined => {
  const wire = z.globalRegistry.get(schema)?.wire;
  return isJsonObject(wire) ? wire : undefined;
};

const place = "#/components/schemas/";
// Until all parts of a document are made it is open whether a name has one form or two: references tell the form until then.
const marks = { input: "#/input/", output: "#/output/" } as const;

/** Collects the named schemas of a document while its parts are made. */
export class Components {
  readonly #made = { input: new Map<string, JsonObject>(), output: new Map<string, JsonObject>() };

  /** Returns the JSON Schema of a zod schema, its named parts moved to the components; `finish` puts the references right. */
  schemaOf(schema: z.ZodType, form: Form): JsonObject {
    const { $defs, $schema: _, ...made }: JsonObject = z.toJSONSchema(schema, { io: form, unrepresentable: "any", override });
    if (isJsonObject($defs)) for (const [name, part] of Object.entries($defs)) this.#keep(name, form, part);
    const name = z.globalRegistry.get(schema)?.id;
    // The root may be a mere reference to its own definition.
    if (name === undefined || typeof made.$ref === "string") return objectOf(marked(made, form));
    this.#keep(name, form, made);
    return { $ref: marks[form] + name };
  }

  #keep(name: string, form: Form, part: unknown): void {
    const schema = objectOf(marked(part, form));
    const other = this.#made[form].get(name);
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(schema))
      throw new Error(`two schemas are named ${name}: ${JSON.stringify(other)} and ${JSON.stringify(schema)}`);
    this.#made[form].set(name, schema);
  }

  /** Returns a document with these components and its references; a name whose forms differ stands there twice, as `Name-Input` and `Name-Output`. */
  finish(document: JsonObject): JsonObject {
    const { input, output } = this.#made;
    const split = this.#namesWithTwoForms();
    const nameOf = (name: string, form: Form) => (split.has(name) ? `${name}-${form === "input" ? "Input" : "Output"}` : name);
    const schemas: Record<string, JsonObject> = {};
    for (const [form, made] of [["input", input] as const, ["output", output] as const])
      for (const [name, schema] of made) schemas[nameOf(name, form)] = schema;
    const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
    return objectOf(
      mapReferences({ ...document, components: { schemas: sorted } }, (reference) => {
        const { name, form } = readMark(reference);
        return place + nameOf(name, form);
      }),
    );
  }

  // Two forms differ by themselves, or because they refer to a name whose forms do.
  #namesWithTwoForms(): ReadonlySet<string> {
    const { input, output } = this.#made;
    const both = [...input].flatMap(([name, sent]) => {
      const answered = output.get(name);
      return answered === undefined ? [] : [{ name, sent, answered }];
    });
    const split = new Set<string>();
    const named = (schema: JsonObject, form: Form) =>
      JSON.stringify(
        mapReferences(schema, (reference) => {
          const { name } = readMark(reference);
          return split.has(name) ? `${name} ${form}` : name;
        }),
      );
    for (let size = -1; size < split.size; ) {
      size = split.size;
      for (const { name, sent, answered } of both) if (named(sent, "input") !== named(answered, "output")) split.add(name);
    }
    return split;
  }
}

function override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: object }): void {
  const wire = wireOf(zodSchema);
  if (wire !== undefined) {
    for (const key of Object.keys(jsonSchema))
      if (key !== "title" && key !== "description" && key !== "default") Reflect.deleteProperty(jsonSchema, key);
    const { [notARoute]: _mark, ...shape } = wire;
    Object.assign(jsonSchema, shape);
  }
  // Zod copies all of a schema's meta data; these parts of it tell this program something, and no reader of the description.
  for (const mark of ["wire", "separate", "limited"]) Reflect.deleteProperty(jsonSchema, mark);
}

// The name of a schema stands in its place among the components; a property named "id" is an object and stays.
function marked(part: unknown, form: Form): unknown {
  if (Array.isArray(part)) return part.map((item) => marked(item, form));
  if (!isJsonObject(part)) return part;
  const members = Object.entries(part).filter(([key, value]) => !((key === "id" || key === "$id") && typeof value === "string"));
  return Object.fromEntries(
    members.map(([key, value]) =>
      key === "$ref" && typeof value === "string" ? [key, value.replace("#/$defs/", marks[form])] : [key, marked(value, form)],
    ),
  );
}

function readMark(reference: string): { name: string; form: Form } {
  const form = reference.startsWith(marks.input) ? "input" : "output";
  return { form, name: reference.slice(marks[form].length) };
}

function mapReferences(part: unknown, change: (reference: string) => string): unknown {
  if (Array.isArray(part)) return part.map((item) => mapReferences(item, change));
  if (!isJsonObject(part)) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) =>
      key === "$ref" && typeof value === "string" ? [key, change(value)] : [key, mapReferences(value, change)],
    ),
  );
}
