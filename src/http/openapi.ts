import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import type { JsonObject } from "../lib/json.ts";
import { apiVersion } from "./api-version.ts";
import { responsesOf } from "./openapi-responses.ts";
import { namedByForm, schemaOptions } from "./openapi-schemas.ts";
import type { Operation } from "./operation.ts";
import { uuidParameters } from "./paths.ts";

/**
 * Returns the OpenAPI 3.1 description of the operations, made from the schemas that validate them. The Worker has not this code, but the
 * file that it makes (src/local/description): the library and zod's part of it take 12 kB gzip.
 */
export function openApiDocument(operations: readonly Operation[]): JsonObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: describe(operation) };
  }
  const info = { title: "Prefect REST API", version: apiVersion };
  return namedByForm({ ...createDocument({ openapi: "3.1.0", info, servers: [{ url: "/api" }], paths }, schemaOptions) });
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { params, query, body } = operation;
  return {
    tags: [operation.tag],
    summary: operation.summary,
    operationId: operationId(operation),
    ...(operation.deprecated === true && { deprecated: true }),
    requestParams: { ...(params instanceof z.ZodObject && { path: params }), ...(query instanceof z.ZodObject && { query }) },
    ...(body !== undefined && {
      requestBody: { required: operation.bodyRequired !== false, content: { "application/json": { schema: body } } },
    }),
    responses: responsesOf(operation, uuidParameters(operation)),
  };
}

const operationId = ({ summary, path, method }: Operation): string =>
  `${summary} ${path} ${method}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
