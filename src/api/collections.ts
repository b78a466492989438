import * as z from "zod";
import { found } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { jsonObject } from "../schemas/common.ts";
import { readCollectionView } from "../store/collections/read.ts";

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
    handle: async ({ params: { view }, deps }) =>
      found(await readCollectionView(deps.db, view), `View ${view} not found in registry`),
  }),
];
