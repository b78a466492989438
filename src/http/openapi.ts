import * as z from "zod";
import { notARoute } from "../schemas/common.ts";
import { isJsonObject, type JsonObject } from "../schemas/json.ts";
import { apiVersion } from "./api-version.ts";
import type { Operation } from "./operation.ts";

/** Returns the names of an operation's path parameters that must be UUIDs for the path to be a route. */
export function uuidParameters(operation: Operation): ReadonlySet<string> {
  if (!(operation.params instanceof z.ZodObject)) return new Set();
  const isUuid = ([, schema]: [string, unknown]) => schema instanceof z.ZodType && wireOf(schema)?.[notARoute] === true;
  return new Set(
    Object.entries(operation.params.shape)
      .filter(isUuid)
      .map(([name]) => name),
  );
}

const wireOf = (schema: z.core.$ZodType): JsonObject | undefined => {
  const wire = z.globalRegistry.get(schema)?.wire;
  return isJsonObject(wire) ? wire : undefined;
};

/** Collects the named schemas of a document while its parts are made. */
class Components {
  readonly schemas: JsonObject = {};

  /** Returns the JSON Schema of a zod schema, its named parts moved to the components. */
  schemaOf(schema: z.ZodType, io: "input" | "output"): JsonObject {
    const {
      $defs,
      $schema: _,
      ...made
    }: JsonObject = z.toJSONSchema(schema, {
      io,
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }) => {
        const wire = wireOf(zodSchema);
        if (wire !== undefined) {
          for (const key of Object.keys(jsonSchema))
            if (key !== "title" && key !== "description" && key !== "default") Reflect.deleteProperty(jsonSchema, key);
          const { [notARoute]: _mark, ...shape } = wire;
          Object.assign(jsonSchema, shape);
        }
        Reflect.deleteProperty(jsonSchema, "wire");
      },
    });
    if (isJsonObject($defs)) for (const [name, part] of Object.entries($defs)) this.schemas[name] = relocate(part);
    const own = relocate(made);
    return isJsonObject(own) ? own : {};
  }
}

function relocate(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(relocate);
  if (!isJsonObject(part)) return part;
  // The name of a schema stands in its place among the components; a property named "id" is an object and stays.
  const members = Object.entries(part).filter(([key, value]) => !((key === "id" || key === "$id") && typeof value === "string"));
  return Object.fromEntries(
    members.map(([key, value]) =>
      key === "$ref" && typeof value === "string"
        ? [key, value.replace("#/$defs/", "#/components/schemas/")]
        : [key, relocate(value)],
    ),
  );
}

/** Returns the OpenAPI 3.1 description of the operations, made from the schemas that validate them. */
export function openApiDocument(operations: readonly Operation[]): JsonObject {
  const components = new Components();
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: describe(operation, components) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Prefect REST API", version: apiVersion },
    servers: [{ url: "/api" }],
    paths,
    components: { schemas: components.schemas },
  };
}

function describe(operation: Operation, components: Components): JsonObject {
  const status = String(operation.status ?? (operation.response === undefined ? 204 : 200));
  const content = (schema: z.ZodType, io: "input" | "output") => ({
    "application/json": { schema: components.schemaOf(schema, io) },
  });
  return {
    tags: [operation.tag],
    summary: operation.summary,
    operationId: operationId(operation),
    ...(operation.deprecated === true && { deprecated: true }),
    parameters: [...parametersOf(operation.params, "path", components), ...parametersOf(operation.query, "query", components)],
    ...(operation.body !== undefined && {
      requestBody: { required: operation.bodyRequired !== false, content: content(operation.body, "input") },
    }),
    responses: {
      [status]: {
        description: "Successful Response",
        ...(operation.response !== undefined && { content: content(operation.response, "output") }),
      },
      422: { description: "Validation Error" },
    },
  };
}

const operationId = ({ summary, path, method }: Operation): string =>
  `${summary} ${path} ${method}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");

function parametersOf(schema: z.ZodType | undefined, place: "path" | "query", components: Components): JsonObject[] {
  if (!(schema instanceof z.ZodObject)) return [];
  const { properties, required } = components.schemaOf(schema, "input");
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(isJsonObject(properties) ? properties : {}).map(([name, shape]) => ({
    name,
    in: place,
    required: place === "path" || needed.includes(name),
    schema: shape,
  }));
}
