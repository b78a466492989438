import { docsPage } from "../http/docs-page.ts";
import { openApiDocument } from "../http/openapi.ts";
import type { Operation } from "../http/operation.ts";
import { operation } from "../http/operation.ts";
import { once } from "../lib/once.ts";
import { json } from "../schemas/common.ts";

const tag = "Documentation";

/** The API's own description and a page that shows it; `all` gives the operations it describes. */
export const apiDocs = (all: () => readonly Operation[]): Operation[] => {
  // Made at the first request: it takes a tenth of a second.
  const document = once(() => openApiDocument(all().filter((o) => o.tag !== tag)));
  return [
    operation({
      method: "GET",
      path: "/openapi.json",
      tag,
      scope: "see_server",
      summary: "OpenAPI Description",
      anyVersion: true,
      response: json(),
      handle: () => document(),
    }),
    operation({
      method: "GET",
      path: "/docs",
      tag,
      scope: "see_server",
      summary: "Documentation Page",
      anyVersion: true,
      status: 200,
      media: "text/html",
      handle: () => docsPage(document()),
    }),
  ];
};
