import { docsPage } from "../http/docs-page.ts";
import { openApiDocument } from "../http/openapi.ts";
import type { Operation } from "../http/operation.ts";
import { operation } from "../http/operation.ts";
import type { Page } from "../http/router.ts";
import { once } from "../lib/once.ts";
import { json } from "../schemas/common.ts";

const tag = "Documentation";
const scope = "see_server";

/** The API's own description and a page that shows it, in the API and at the root; `all` gives the operations it describes. */
export function apiDocs(all: () => readonly Operation[]): { operations: Operation[]; pages: Page[] } {
  // Made at the first request: it takes a tenth of a second.
  const document = once(() => openApiDocument(all().filter((o) => o.tag !== tag)));
  const operations = [
    operation({
      method: "GET",
      path: "/openapi.json",
      tag,
      scope,
      summary: "OpenAPI Description",
      anyVersion: true,
      response: json(),
      handle: () => document(),
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
  const pages: Page[] = [
    { path: "/openapi.json", scope, read: () => Response.json(document()) },
    { path: "/docs", scope, read: () => docsPage("") },
    { path: "/redoc", scope: null, read: () => new Response(null, { status: 307, headers: { location: "docs" } }) },
  ];
  return { operations, pages };
}
