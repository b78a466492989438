import * as z from "zod";
import { aggregateWorkerMetadata } from "../catalog/worker-metadata.ts";
import { notFound } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { jsonObject } from "../schemas/common.ts";

/** The metadata of published collections: worker types only; flows and blocks come with the packages that clients install. */
const views = new Map<string, Record<string, unknown>>([
  ["aggregate-worker-metadata", aggregateWorkerMetadata],
  ["aggregate-flow-metadata", {}],
  ["aggregate-block-metadata", {}],
  ["demo-flows", {}],
]);

export const collectionOperations = [
  operation({
    method: "GET",
    path: "/collections/views/{view}",
    tag: "Collections",
    scope: "see_server",
    summary: "Read View Content",
    params: z.object({ view: z.string() }),
    response: jsonObject(),
    errors: [404],
    handle: ({ params }) => {
      const view = views.get(params.view);
      if (view === undefined) throw notFound(`View ${params.view} not found in registry`);
      return view;
    },
  }),
];
