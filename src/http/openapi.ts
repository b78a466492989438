import * as z from "zod";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import { notARoute } from "../schemas/common.ts";
import { apiVersion } from "./api-version.ts";
import { responsesOf } from "./openapi-responses.ts";
import { Components, wireOf } from "./openapi-schemas.ts";
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

/** Returns the OpenAPI 3.1 description of the operations, made from the schemas that validate them. */
export function openApiDocument(operations: readonly Operation[]): JsonObject {
  const components = new Components();
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: describe(operation, components) };
  }
  return components.finish({
    openapi: "3.1.0",
    info: { title: "Prefect REST API", version: apiVersion },
    servers: [{ url: "/api" }],
    paths,
  });
}

function describe(operation: Operation, components: Components): JsonObject {
  return {
    tags: [operation.tag],
    summary: operation.summary,
    operationId: operationId(operation),
    ...(operation.deprecated === true && { deprecated: true }),
    parameters: [...parametersOf(operation.params, "path", components), ...parametersOf(operation.query, "query", components)],
    ...(operation.body !== undefined && {
      requestBody: {
        required: operation.bodyRequired !== false,
        content: { "application/json": { schema: components.schemaOf(operation.body, "input") } },
      },
    }),
    responses: responsesOf(operation, components, uuidParameters(operation)),
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
