import type { CreateDocumentOptions, ZodOpenApiOverrideContext } from "zod-openapi";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import { notARoute } from "../schemas/common.ts";
import { wireOf } from "./paths.ts";

function override({ zodSchema, jsonSchema }: Pick<ZodOpenApiOverrideContext, "zodSchema" | "jsonSchema">): void {
  const wire = wireOf(zodSchema);
  if (wire !== undefined) {
    for (const key of Object.keys(jsonSchema))
      if (key !== "title" && key !== "description" && key !== "default") Reflect.deleteProperty(jsonSchema, key);
    const { [notARoute]: _mark, ...shape } = wire;
    Object.assign(jsonSchema, shape);
  }
  // Zod copies all of a schema's meta data; these parts of it tell this program something, and no reader of the description.
  // Nor is a `discriminator` one by which a client has to tell: the kind is found where its member was not sent.
  for (const mark of ["wire", "separate", "limited", "discriminator"]) Reflect.deleteProperty(jsonSchema, mark);
}

/** How the library describes schemas; a name whose answered form differs from the one sent has this ending there. */
export const schemaOptions: CreateDocumentOptions = {
  override,
  outputIdSuffix: "-Output",
  // Any JSON value is described by `{}`.
  allowEmptySchema: { pipe: true },
};

const place = "#/components/schemas/";

/** Returns a document whose names with two forms end with `-Input` and `-Output`, as the reference's do: the library leaves the first bare. */
export function namedByForm(document: JsonObject): JsonObject {
  const schemas = objectOf(objectOf(document.components).schemas);
  const nameOf = (name: string) => (Object.hasOwn(schemas, `${name}-Output`) ? `${name}-Input` : name);
  const named = Object.entries(schemas).map(([name, schema]) => [nameOf(name), schema] as const);
  const sorted = Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  const changed = mapReferences({ ...document, components: { schemas: sorted } }, (name) => nameOf(name));
  return objectOf(changed);
}

const objectOf = (part: unknown): JsonObject => (isJsonObject(part) ? part : {});

function mapReferences(part: unknown, change: (name: string) => string): unknown {
  if (Array.isArray(part)) return part.map((item) => mapReferences(item, change));
  if (!isJsonObject(part)) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) =>
      key === "$ref" && typeof value === "string"
        ? [key, place + change(value.slice(place.length))]
        : [key, mapReferences(value, change)],
    ),
  );
}
