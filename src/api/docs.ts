import { docsPage } from "../http/docs-page.ts";
import { openApiDocument } from "../http/openapi.ts";
import type { Operation } from "../http/operation.ts";
import { operation } from "../http/operation.ts";
import { json } from "../schemas/common.ts";

const tag = "Documentation";

/** The API's own description and a page that shows it; `all` gives the operations it describes. */
export const apiDocs = (all: () => readonly Operation[]): Operation[] => [
  operation({
    method: "GET",
    path: "/openapi.json",
    tag,
    summary: "OpenAPI Description",
    anyVersion: true,
    response: json(),
    handle: () => openApiDocument(all().filter((o) => o.tag !== tag)),
  }),
  operation({
    method: "GET",
    path: "/docs",
    tag,
    summary: "Documentation Page",
    anyVersion: true,
    status: 200,
    media: "text/html",
    handle: () => docsPage(openApiDocument(all().filter((o) => o.tag !== tag))),
  }),
];
