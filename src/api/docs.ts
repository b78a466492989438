import type { Config } from "../env.ts";
import { docsPage } from "../http/docs-page.ts";
import { notFound } from "../http/errors.ts";
import { type Operation, operation } from "../http/operation.ts";
import type { Page } from "../http/router.ts";
import { json } from "../schemas/common.ts";

const tag = "Documentation";
const scope = "see_server";

// Written when the Worker is built (src/local/description).
async function description({ assets }: Pick<Config, "assets">): Promise<Response> {
  const file = await assets?.fetch("http://assets/openapi.json");
  if (file?.status !== 200) throw notFound("This server has no description: npm run ui prepares the static files.");
  return new Response(file.body, { headers: { "content-type": "application/json" } });
}

/** The operations that show the API's description in the API. */
export const documentationOperations: readonly Operation[] = [
  operation({
    method: "GET",
    path: "/openapi.json",
    tag,
    scope,
    summary: "OpenAPI Description",
    anyVersion: true,
    response: json(),
    errors: [404],
    handle: ({ deps }) => description(deps.config),
  }),
  operation({
    method: "GET",
    path: "/docs",
    tag,
    scope,
    summary: "Documentation Page",
    anyVersion: true,
    status: 200,
    media: "text/html",
    handle: () => docsPage("../"),
  }),
];

/** Returns the pages that show it at the root. */
export const documentationPages = (config: Config): Page[] => [
  { path: "/openapi.json", scope, read: () => description(config) },
  { path: "/docs", scope, read: () => docsPage("") },
  { path: "/redoc", scope: null, read: () => new Response(null, { status: 307, headers: { location: "docs" } }) },
];
